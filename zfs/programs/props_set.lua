-- Sets user properties: args.sets has a table of names and values for each
-- dataset.
local order = {}
for name, props in pairs(args.sets) do
	count()
	if not zfs.exists(name) then
		fail(name, ENOENT)
	else
		for prop, value in pairs(props) do
			count()
			local code = zfs.check.set_prop(name, prop, value)
			if code ~= 0 then fail(name, code, code == EINVAL and "prop" or nil) end
		end
		order[#order + 1] = name
	end
end
return act(order, function(name)
	for prop, value in pairs(args.sets[name]) do
		local code = zfs.sync.set_prop(name, prop, value)
		if code ~= 0 then return code end
	end
	return 0
end)
