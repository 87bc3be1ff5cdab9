-- Promotes a clone and destroys what it was cloned from: args.name with the
-- newest of its clones, or the origin of args.clone. What the origin keeps of
-- its snapshots goes with it if args.snapshots says so.
local name, clone = args.name, args.clone
local snaps, steps = {}, {}

local function txg(ds) return zfs.get_prop(ds, "createtxg") end

-- newest finds the clone of the latest snapshot that has one, and among several
-- the one that was made last.
local function newest()
	local best, born = 0, 0
	for snap in zfs.list.snapshots(name) do
		count()
		for c in zfs.list.clones(snap) do
			count()
			local s, b = txg(snap), txg(c)
			if s > best or s == best and b > born then clone, best, born = c, s, b end
		end
	end
end

-- rest checks the snapshots that the promotion leaves with the origin.
local function rest(limit)
	for snap in zfs.list.snapshots(name) do
		count()
		if txg(snap) > limit then
			snaps[#snaps + 1] = snap
			known(snap)
			local code = zfs.check.destroy(snap)
			if not args.snapshots then
				fail(snap, EEXIST, "snapshots")
			elseif code == EEXIST then
				for c in zfs.list.clones(snap) do fail(c, EEXIST, "clones") end
			elseif code ~= 0 then
				fail(snap, code)
			end
		end
	end
end

if args.clone and not zfs.exists(clone) then
	fail(clone, ENOENT)
elseif args.clone then
	local origin = zfs.get_prop(clone, "origin")
	if origin then name = origin:match("^[^@]*") else fail(clone, EINVAL, "noclone") end
elseif not zfs.exists(name) then
	fail(name, ENOENT)
else
	newest()
	if not clone then fail(name, EINVAL, "noclones") end
end
if not blocked then
	known(clone)
	known(name)
	rest(txg(zfs.get_prop(clone, "origin")))
	for child in zfs.list.children(name) do fail(child, EEXIST, "children") end
	if #name < 250 and zfs.exists(name .. "/%recv") then fail(name .. "/%recv", EEXIST, "children") end
	if zfs.check.rollback(name) == EBUSY then fail(name, EBUSY) end
	local code, names = zfs.check.promote(clone)
	if code ~= 0 then
		for _, snap in ipairs(names or {}) do fail(clone .. "@" .. snap, EEXIST, "conflict") end
		fail(clone, code)
	end
	steps[1] = clone
	for _, snap in ipairs(snaps) do steps[#steps + 1] = snap end
	steps[#steps + 1] = name
end
return act(steps, function(step)
	if step == clone then return (zfs.sync.promote(step)) end
	return zfs.sync.destroy(step)
end)
