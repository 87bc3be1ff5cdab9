-- What stands in front of each program. A program looks at everything first and
-- notes what is in the way; it acts only if nothing is.
local args = ...
local failed, blocked, items = {}, false, 0

-- fail notes why a dataset is in the way, once. Why names what no errno tells.
local function fail(name, code, why)
	if not failed[name] then failed[name] = {code = code, why = why} end
	blocked = true
end

-- count keeps the program within what its memory and its time allow, so that it
-- never runs out of either while it acts.
local function count()
	items = items + 1
	if items > args.limit then error("more than " .. args.limit .. " items", 0) end
end

-- known checks that something is what a plan was made for, where there is one.
local function known(name)
	if args.planned and args.planned[name] ~= zfs.get_prop(name, "guid") then fail(name, EINVAL, "unplanned") end
end

-- subtree lists a dataset with what lies below it, parents first. Skip has the
-- names that are left out with all below them.
local function subtree(root, skip)
	local names, i = {root}, 1
	while i <= #names do
		count()
		for child in zfs.list.children(names[i]) do
			if not (skip and skip[child]) then names[#names + 1] = child end
		end
		i = i + 1
	end
	return names
end

-- act calls one function with each name, and stops where it fails.
local function act(order, call)
	local n = 0
	if not blocked then
		for i, name in ipairs(order) do
			local code = call(name)
			if code ~= 0 then
				fail(name, code)
				break
			end
			n = i
		end
	end
	for i = n + 1, #order do order[i] = nil end
	return {done = order, failed = failed}
end
