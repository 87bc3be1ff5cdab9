-- Takes a dataset, with args.recursive all below it as well, back to the
-- snapshot args.snap. Newer snapshots go if args.destroy says so. Bookmarks have
-- no age that a program could read: args.older names those that may stay.
local order, older = {}, {}
for _, mark in ipairs(args.older) do older[mark] = true end

-- newer notes the snapshots that have to go, the newest first: it goes in three
-- quarters of the time that another takes.
local function newer(name, target)
	local limit, snaps, born = zfs.get_prop(target, "createtxg"), {}, {}
	for snap in zfs.list.snapshots(name) do
		count()
		born[snap] = zfs.get_prop(snap, "createtxg")
		if born[snap] > limit then
			snaps[#snaps + 1] = snap
			known(snap)
			local code = zfs.check.destroy(snap)
			if code == EEXIST then
				for clone in zfs.list.clones(snap) do fail(clone, EEXIST, "clones") end
			elseif not args.destroy then
				fail(snap, EEXIST, "newer")
			elseif code ~= 0 then
				fail(snap, code)
			end
		end
	end
	for mark in zfs.list.bookmarks(name) do
		count()
		if not older[mark] then fail(mark, EEXIST, "newer") end
	end
	table.sort(snaps, function(a, b) return born[a] > born[b] end)
	for _, snap in ipairs(snaps) do order[#order + 1] = snap end
	return #snaps > 0
end

-- The kernel's own check is for the latest snapshot. For an earlier one its
-- answer counts only where it is about the dataset.
local function check(name)
	local target = name .. "@" .. args.snap
	if #target > 255 or not zfs.exists(target) then
		if not args.skip then fail(target, ENOENT) end
		return
	end
	known(name)
	known(target)
	local found = newer(name, target)
	local code = zfs.check.rollback(name)
	if code == EBUSY or code ~= 0 and not found then fail(name, code) end
	local quota = zfs.get_prop(name, "refquota")
	if quota and quota > 0 and zfs.get_prop(target, "referenced") > quota then fail(name, EDQUOT) end
	order[#order + 1] = name
end

if not zfs.exists(args.name) then
	fail(args.name, ENOENT)
else
	for _, name in ipairs(args.recursive and subtree(args.name) or {args.name}) do check(name) end
end
return act(order, function(name)
	if name:find("@", 1, true) then return zfs.sync.destroy(name) end
	return (zfs.sync.rollback(name))
end)
