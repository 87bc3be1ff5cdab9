-- Takes the snapshot args.snap of a dataset and all below it, but for those in
-- args.exclude with all below them, and with args.since only of those that have
-- been written to since that snapshot or do not have it.
local skip, order = {}, {}
for _, name in ipairs(args.exclude) do skip[name] = true end

local function changed(name)
	local since = name .. "@" .. (args.since or "")
	if not args.since or #since > 255 or not zfs.exists(since) then return true end
	return zfs.get_prop(name, "written@" .. args.since) > 0
end

if not zfs.exists(args.name) then
	fail(args.name, ENOENT)
else
	for _, name in ipairs(subtree(args.name, skip)) do
		if changed(name) then
			local snap = name .. "@" .. args.snap
			local code = #snap > 255 and ENAMETOOLONG or zfs.check.snapshot(snap)
			if code ~= 0 then fail(snap, code) end
			order[#order + 1] = snap
		end
	end
end
local answer = act(order, zfs.sync.snapshot)
-- The pool's space may end halfway what passed one by one. Then none stays.
while blocked and #order > 0 and zfs.sync.destroy(order[#order]) == 0 do order[#order] = nil end
return answer
