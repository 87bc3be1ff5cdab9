-- Destroys the volume or snapshot args.name if nothing depends on it, and the
-- hidden datasets whose last dependent it was. If something depends on it, returns
-- the dependents as needed and does nothing. args.snapshots also destroys the
-- volume's snapshots and those of args.kept. args.check only checks whether the
-- volume is in use. Without a name, destroys all datasets below args.hidden
-- without dependents. Names in args.read are being read and are not destroyed.
local done, needed = {}, {}

local function gone(name)
	if items >= args.limit or args.read[name] then return false end
	if zfs.sync.destroy(name) ~= 0 then return false end
	items = items + 1
	done[#done + 1] = name
	return true
end

-- hidden returns the name of a hidden dataset without its path, or nil.
local function hidden(head)
	local below = args.hidden .. "/"
	if head:sub(1, #below) == below then return head:sub(#below + 1) end
end

-- wanted reports whether a snapshot is visible to the owner of the volumes.
local function wanted(snap)
	local head, short = snap:match("^([^@]*)@(.*)$")
	local kind = hidden(head)
	return short:sub(1, 1) ~= "." and not (kind and kind:sub(1, 5) == "gone.")
end

-- empty destroys a hidden dataset without snapshots, then its origin if that is
-- not needed either, and so on.
local function empty(head)
	while head and hidden(head) do
		for _ in zfs.list.snapshots(head) do return end
		local origin = zfs.get_prop(head, "origin")
		if not gone(head) or not origin or wanted(origin) or not gone(origin) then return end
		head = origin:match("^[^@]*")
	end
end

-- release destroys the origin of a destroyed volume, if that was only hidden for
-- the volume.
local function release(origin)
	if origin and not wanted(origin) and gone(origin) then empty(origin:match("^[^@]*")) end
end

-- sweep destroys the unneeded snapshots of a hidden dataset, and frees data
-- written since its latest snapshot, which is not accessible.
local function sweep(head)
	local snaps = {}
	for snap in zfs.list.snapshots(head) do
		if not wanted(snap) then snaps[#snaps + 1] = snap end
	end
	for _, snap in ipairs(snaps) do gone(snap) end
	empty(head)
	if zfs.exists(head) and zfs.get_prop(head, "written") > 0 then zfs.sync.rollback(head) end
end

local function below(parent)
	local names = {}
	if zfs.exists(parent) then
		for child in zfs.list.children(parent) do names[#names + 1] = child end
	end
	return names
end

local function collect()
	for _, head in ipairs(below(args.hidden)) do
		local kind = hidden(head):sub(1, 5)
		if (kind == "kept." or kind == "gone.") and zfs.exists(head) then sweep(head) end
	end
	for _, head in ipairs(below(args.parent)) do
		local snaps = {}
		for snap in zfs.list.snapshots(head) do
			if not wanted(snap) then snaps[#snaps + 1] = snap end
		end
		for _, snap in ipairs(snaps) do gone(snap) end
	end
end

local function snapshot(snap)
	local code = zfs.check.destroy(snap)
	if code == EEXIST then
		for clone in zfs.list.clones(snap) do needed[#needed + 1] = clone end
	elseif code ~= 0 then
		fail(snap, code)
	elseif gone(snap) then
		empty(snap:match("^[^@]*"))
	end
end

-- needs collects the dependents of a dataset's snapshots, except the former
-- datasets of the volume itself, and lists the snapshots.
local own = {}
local function needs(head, snaps)
	for snap in zfs.list.snapshots(head) do
		count()
		snaps[#snaps + 1] = snap
		local code = zfs.check.destroy(snap)
		if wanted(snap) and not args.snapshots then
			needed[#needed + 1] = snap
		elseif code == EEXIST then
			for clone in zfs.list.clones(snap) do
				if not own[clone] then needed[#needed + 1] = clone end
			end
		elseif code ~= 0 then
			fail(snap, code)
		end
	end
end

-- all destroys snapshots and the hidden datasets that are then empty. The order of
-- destruction can matter.
local function all(snaps)
	local left, before
	repeat
		before, left = #done, 0
		for _, snap in ipairs(snaps) do
			if zfs.exists(snap) then
				if gone(snap) then empty(snap:match("^[^@]*")) else left = left + 1 end
			end
		end
	until left == 0 or #done == before
end

local function volume(head)
	local snaps, some = {}, false
	for child in zfs.list.children(head) do fail(child, EEXIST, "children") end
	for _ in zfs.list.snapshots(head) do
		some = true
		break
	end
	local code = some and zfs.check.rollback(head) or zfs.check.destroy(head)
	if code == EBUSY then fail(head, EBUSY) end
	if args.check then return end
	own[head] = true
	for _, old in ipairs(args.kept) do own[old] = args.snapshots end
	needs(head, snaps)
	if args.snapshots then
		for _, old in ipairs(args.kept) do
			if zfs.exists(old) then needs(old, snaps) end
		end
	end
	if blocked or #needed > 0 then return end
	items = 0
	local origin = zfs.get_prop(head, "origin")
	for _, snap in ipairs(snaps) do
		if snap:match("^[^@]*") == head then gone(snap) end
	end
	if not gone(head) then
		fail(head, EBUSY)
		return
	end
	release(origin)
	all(snaps)
end

if not args.name then
	collect()
elseif not zfs.exists(args.name) then
	fail(args.name, ENOENT)
elseif args.name:find("@", 1, true) then
	snapshot(args.name)
else
	volume(args.name)
end
return {done = done, failed = failed, needed = needed}
