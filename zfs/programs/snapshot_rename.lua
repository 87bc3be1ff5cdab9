-- Renames snapshots of a dataset, with args.recursive of all below it as well:
-- args.from[i] to args.to[i], one after the other.
if not zfs.sync.rename_snapshot then return {missing = "rename_snapshot"} end
local order = {}

-- check goes through the chain on paper, as one step makes room for the next.
local function check(name)
	local exists = {}
	local function is(snap)
		if exists[snap] == nil then exists[snap] = #name + #snap < 255 and zfs.exists(name .. "@" .. snap) end
		return exists[snap]
	end
	for i, from in ipairs(args.from) do
		local to = args.to[i]
		count()
		if is(from) then
			if is(to) then fail(name .. "@" .. to, EEXIST) end
			if #name + #to > 254 then fail(name .. "@" .. to, ENAMETOOLONG) end
			exists[from], exists[to] = false, true
			order[#order + 1] = {name, from, to}
		elseif not args.recursive then
			fail(name .. "@" .. from, ENOENT)
		end
	end
end

if not zfs.exists(args.name) then
	fail(args.name, ENOENT)
else
	for _, name in ipairs(args.recursive and subtree(args.name) or {args.name}) do check(name) end
	if #order == 0 then fail(args.name .. "@" .. args.from[1], ENOENT) end
end
local done = {}
if not blocked then
	for i, step in ipairs(order) do
		local code = zfs.sync.rename_snapshot(step[1], step[2], step[3])
		if code ~= 0 then
			fail(step[1] .. "@" .. step[2], code)
			break
		end
		done[i] = step[1] .. "@" .. step[3]
	end
end
return {done = done, failed = failed}
