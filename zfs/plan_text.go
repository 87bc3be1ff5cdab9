package zfs

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/internal/text"
	"github.com/purezfs/purezfs/zfs/prop"
)

// String returns a description of the plan in lines: what blocks it, its steps,
// and what is lost. It escapes characters that could end a line or control a
// terminal, such as in the tag of a hold.
func (p *Plan) String() string {
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(text.Escape(fmt.Sprintf(format, args...)))
		b.WriteByte('\n')
	}
	line("%s %s", p.Kind, p.Name)
	if len(p.Blocked) > 0 {
		line("blocked by:")
		for _, item := range p.Blocked {
			line("  %s: %v", item.Name, item.Err)
		}
	}
	how := "one at a time"
	if p.Program {
		how = "all or nothing"
	}
	if len(p.Steps) > 1 {
		line("steps, %s:", how)
	} else {
		line("steps:")
	}
	for i, step := range p.Steps {
		line("  %d. %s", i+1, step)
	}
	if len(p.Lost) > 0 {
		line("lost:")
	}
	for _, loss := range p.Lost {
		line("  %s (%s)", loss.Name, loss.what())
	}
	if len(p.Moved) > 0 {
		line("moved:")
	}
	for _, move := range p.Moved {
		line("  %s to %s", move.From, move.To)
	}
	return b.String()
}

// what describes what is lost.
func (l PlanLoss) what() string {
	if l.Clone {
		return l.Type.String() + ", a clone"
	}
	return l.Type.String()
}

// MarshalJSON returns all parts of a plan, with the text of what blocks it. Text
// that is not UTF-8 is an object, {"base64": "/w=="}.
func (p *Plan) MarshalJSON() ([]byte, error) {
	type blocked struct {
		Name  string `json:"name"`
		Error string `json:"error"`
	}
	doc := struct {
		Kind    PlanKind   `json:"kind"`
		Name    string     `json:"name"`
		Steps   []PlanStep `json:"steps"`
		Program bool       `json:"program"`
		Blocked []blocked  `json:"blocked"`
		Lost    []PlanLoss `json:"lost"`
		Moved   []PlanMove `json:"moved"`
	}{p.Kind, p.Name, append([]PlanStep{}, p.Steps...), p.Program, []blocked{}, append([]PlanLoss{}, p.Lost...), append([]PlanMove{}, p.Moved...)}
	for _, item := range p.Blocked {
		doc.Blocked = append(doc.Blocked, blocked{item.Name, item.Err.Error()})
	}
	return text.MarshalJSON(doc)
}

// DOT returns a drawing of the graph for Graphviz, with a plan unless that is
// nil: what the plan destroys is dashed, what it rolls back or promotes is bold,
// and what blocks it is red. Snapshots are below their dataset, and edges lead
// from origins to clones. The same graph always has the same text.
func (g *Graph) DOT(plan *Plan) string {
	d := &drawing{marks: make(map[string]string)}
	if plan != nil {
		d.mark(plan)
	}
	d.b.WriteString("digraph zfs {\n\trankdir=LR;\n\tnode [fontname=\"monospace\"];\n")
	for i := range g.Datasets {
		d.dataset(&g.Datasets[i])
	}
	for _, name := range slices.Sorted(maps.Keys(d.edges)) {
		fmt.Fprintf(&d.b, "\t%s\n", name)
	}
	d.b.WriteString("}\n")
	return d.b.String()
}

// drawing is a drawing in progress.
type drawing struct {
	b     strings.Builder
	marks map[string]string // attributes by name
	edges map[string]bool
}

// mark sets the attributes of what a plan changes. Those of what blocks the plan
// take precedence.
func (d *drawing) mark(plan *Plan) {
	for _, loss := range plan.Lost {
		d.marks[loss.Name] = ", style=dashed"
	}
	for _, step := range plan.Steps {
		if step.Action != StepDestroy {
			d.marks[step.Names[0]] = ", style=bold"
		}
	}
	for _, item := range plan.Blocked {
		d.marks[item.Name] += ", color=red"
	}
}

func (d *drawing) node(name, shape, label string) {
	fmt.Fprintf(&d.b, "\t%s [shape=%s, label=%s%s];\n", strconv.Quote(name), shape, strconv.Quote(label), d.marks[name])
}

func (d *drawing) edge(from, to, attributes string) {
	if d.edges == nil {
		d.edges = make(map[string]bool)
	}
	d.edges[fmt.Sprintf("%q -> %q%s;", from, to, attributes)] = true
}

// dataset draws one dataset with its snapshots and bookmarks, and the edges to
// all of them.
func (d *drawing) dataset(ds *GraphDataset) {
	label := ds.Name
	if ds.Mountpoint != "" {
		label += "\nat " + text.Escape(ds.Mountpoint)
	}
	shape := "folder"
	if ds.Type.Has(prop.TypeVolume) {
		shape = "cylinder"
	}
	d.node(ds.Name, shape, label)
	if at := strings.LastIndexByte(ds.Name, '/'); at >= 0 {
		d.edge(ds.Name[:at], ds.Name, "")
	}
	for _, s := range ds.Snapshots {
		label := s.Name[len(ds.Name):]
		for _, tag := range s.Holds {
			label += "\nheld by " + text.Escape(tag)
		}
		d.node(s.Name, "box", label)
		d.edge(ds.Name, s.Name, " [style=dotted]")
		for _, clone := range s.Clones {
			d.edge(s.Name, clone, ` [label="clone"]`)
		}
	}
	for _, m := range ds.Bookmarks {
		d.node(m.Name, "note", m.Name[len(ds.Name):])
		d.edge(ds.Name, m.Name, " [style=dotted]")
	}
	if ds.Origin != "" {
		d.edge(ds.Origin, ds.Name, ` [label="clone"]`)
	}
}
