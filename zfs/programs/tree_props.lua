-- Reads properties of a dataset and all below it, with args.snapshots of their
-- snapshots as well. Each has a value and a source, which not all have.
local read = {}

local function props(name)
	local values = {}
	for _, prop in ipairs(args.props) do
		local value, source = zfs.get_prop(name, prop)
		if value ~= nil then values[prop] = {value = value, source = source} end
	end
	read[name] = values
end

if not zfs.exists(args.name) then
	fail(args.name, ENOENT)
else
	for _, name in ipairs(subtree(args.name)) do
		props(name)
		if args.snapshots then
			for snap in zfs.list.snapshots(name) do
				count()
				props(snap)
			end
		end
	end
end
return {read = read, failed = failed}
