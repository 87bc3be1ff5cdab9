-- Creates the snapshot args.snap of the volume args.name, unless a former
-- dataset of the volume has a snapshot of that name. The names of former
-- datasets begin with args.kept.
local snap = args.name .. "@" .. args.snap
if not zfs.exists(args.name) then
	fail(args.name, ENOENT)
else
	if zfs.exists(args.hidden) then
		for head in zfs.list.children(args.hidden) do
			local mine = head:sub(1, #args.kept) == args.kept and head:sub(#args.kept + 1):match("^%x+$")
			local taken = head .. "@" .. args.snap
			if mine and #taken < 256 and zfs.exists(taken) then fail(taken, EEXIST) end
		end
	end
	local code = zfs.check.snapshot(snap)
	if code ~= 0 then fail(snap, code) end
end
return act({snap}, zfs.sync.snapshot)
