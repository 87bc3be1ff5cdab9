-- Destroys a dataset with what lies below it and all snapshots, and with
-- args.dependents also clones of those, wherever they lie.
local heads, found, clones = {}, {}, {}

-- The hidden child of a receive is in no list.
local function add(root)
	local names, i = {root}, 1
	while i <= #names do
		local name = names[i]
		if not heads[name] then
			count()
			known(name)
			local head, hidden = {name = name, needs = {}, snaps = {}}, name .. "/%recv"
			heads[name], found[#found + 1] = head, head
			for child in zfs.list.children(name) do head.needs[#head.needs + 1] = child end
			if #hidden < 256 and zfs.exists(hidden) then head.needs[#head.needs + 1] = hidden end
			for _, child in ipairs(head.needs) do names[#names + 1] = child end
		end
		i = i + 1
	end
end

local function snapshots(head)
	for snap in zfs.list.snapshots(head.name) do
		count()
		known(snap)
		head.snaps[#head.snaps + 1] = snap
		local code = zfs.check.destroy(snap)
		if code == EEXIST then
			for clone in zfs.list.clones(snap) do
				head.needs[#head.needs + 1] = clone
				if args.dependents then add(clone) else clones[#clones + 1] = clone end
			end
		elseif code ~= 0 then
			fail(snap, code)
		end
	end
	-- The newest snapshot of a dataset goes in three quarters of the time that
	-- another takes. Names tend to follow time, and reading it would cost more.
	table.sort(head.snaps, function(a, b) return a > b end)
end

-- Whether a head is in use is hidden behind its snapshots where it has some. A
-- rollback then asks the same.
local function busy(head)
	if #head.snaps == 0 then
		local code = zfs.check.destroy(head.name)
		if code ~= 0 and (code ~= EEXIST or #head.needs == 0) then fail(head.name, code) end
	elseif zfs.check.rollback(head.name) == EBUSY then
		fail(head.name, EBUSY)
	end
end

-- order puts what a head needs to be gone before it. It has no recursion, as a
-- chain of clones may be long.
local order = {}
local function visit(start)
	local stack = {start}
	while #stack > 0 do
		local head = stack[#stack]
		head.at = (head.at or 0) + 1
		local need = head.needs[head.at]
		if need then
			local other = heads[need]
			if other and not other.at then
				stack[#stack + 1] = other
			elseif other and not other.gone then
				fail(other.name, EEXIST, "cycle")
			end
		else
			stack[#stack] = nil
			head.gone = true
			for _, snap in ipairs(head.snaps) do order[#order + 1] = snap end
			order[#order + 1] = head.name
		end
	end
end

if not zfs.exists(args.name) then
	fail(args.name, ENOENT)
else
	add(args.name)
	local i = 1
	while i <= #found do
		snapshots(found[i])
		busy(found[i])
		i = i + 1
	end
	for _, clone in ipairs(clones) do
		if not heads[clone] then fail(clone, EEXIST, "clones") end
	end
	for _, head in ipairs(found) do
		if not head.at then visit(head) end
	end
end
return act(order, zfs.sync.destroy)
