package house

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// maxHardPercent is how many of a hundred sentences may match a pattern.
const maxHardPercent = 2

// hardPatterns are patterns of sentences that are hard to read: words instead of the
// terms of ZFS, and phrases that manual pages do not use. See CONTRIBUTING.md.
var hardPatterns = []*regexp.Regexp{
	// Words.
	regexp.MustCompile(`(?i)\b(broken off|cut off|taken up again|goes on with|go on with)\b`),
	regexp.MustCompile(`(?i)\b(takes?|taken|took|takes? it|goes|gone|going) back\b`),
	regexp.MustCompile(`(?i)\b(is|are|has|have|was|were) gone\b|\bgoes (with|along|too|away|first)\b|\b(has|have) to go\b|[a-z] goes[.,;]`),
	regexp.MustCompile(`(?i)\b(in the way|in its way|held up|holds? up|keeps? \w+ from|keeps? from|kept from)\b`),
	regexp.MustCompile(`(?i)\bfolders?\b`),
	regexp.MustCompile(`(?i)\b(tells?|says) (that|whether)\b`),
	regexp.MustCompile(`(?i)\bbut for\b`),
	regexp.MustCompile(`(?i)\b(so many|so much)\b`),
	regexp.MustCompile(`(?i)\b(by itself|by themselves|of its own|of their own)\b`),
	regexp.MustCompile(`(?i)\b(nobody|whoever|somebody|everybody|one that|ones that)\b`),
	regexp.MustCompile(`(?i)\b(for none|none that there (is|are)|that there is)\b`),
	regexp.MustCompile(`(?i)\b(all else|what is left|whatever else)\b`),
	regexp.MustCompile(`(?i)\b(hands? on|hands? over|takes? over|taken over|gives? back|gives? up)\b`),
	regexp.MustCompile(`(?i)\b(at once|side by side|in turns?|take turns)\b`),
	regexp.MustCompile(`(?i)\b(lies?|stands?|lay|stood) (in|on|at|below|above|behind|beside|under)\b`),
	regexp.MustCompile(`(?i)\b(leaves? out|left out|passes over|passed over)\b`),
	regexp.MustCompile(`(?i)\bhow (a|the) \w+ (does|goes|fares)\b`),
	regexp.MustCompile(`(?i)\b(brings?|brought) (along|about)\b|\bcame with\b|\bcomes? with\b`),
	regexp.MustCompile(`(?i)\b(is|are) to (have|take|go|get|become)\b`),
	// Sentences.
	regexp.MustCompile(`^(What|Who|Whoever|Whichever)\b[^?]*$`),
	regexp.MustCompile(`(?i)\b(is|are|was|were|be) (no (l[^o]|[^l])|(none|nothing|neither)\b)`),
	regexp.MustCompile(`^(Of|Also|Where|Else|That too|Should)\b`),
}

// sentenceEnd matches the end of a sentence and the space after it.
var sentenceEnd = regexp.MustCompile(`[.:?!]\s+`)

// sentences splits the text of a comment. It skips indented text and headings.
func sentences(text string) (all []string) {
	for _, paragraph := range strings.Split(text, "\n\n") {
		if strings.HasPrefix(paragraph, "\t") || strings.HasPrefix(paragraph, " ") || strings.HasPrefix(paragraph, "#") {
			continue
		}
		joined := strings.Join(strings.Fields(paragraph), " ")
		for _, s := range sentenceEnd.Split(joined, -1) {
			if len(strings.Fields(s)) > 2 {
				all = append(all, strings.TrimSpace(s))
			}
		}
	}
	return all
}

// documented collects the comments of a file that go doc shows, with their
// positions.
func documented(s source, add func(token.Pos, string)) {
	if s.file.Doc != nil {
		add(s.file.Package, s.file.Doc.Text())
	}
	group := func(g *ast.CommentGroup) {
		if g != nil {
			add(g.Pos(), g.Text())
		}
	}
	for _, decl := range s.file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && exportedReceiver(d) {
				group(d.Doc)
			}
		case *ast.GenDecl:
			group(d.Doc)
			for _, spec := range d.Specs {
				documentedSpec(spec, group)
			}
		}
	}
}

// documentedSpec is documented for one declaration.
func documentedSpec(spec ast.Spec, group func(*ast.CommentGroup)) {
	switch sp := spec.(type) {
	case *ast.ValueSpec:
		if sp.Names[0].IsExported() {
			group(sp.Doc)
			group(sp.Comment)
		}
	case *ast.TypeSpec:
		if !sp.Name.IsExported() {
			return
		}
		group(sp.Doc)
		st, ok := sp.Type.(*ast.StructType)
		if !ok {
			return
		}
		for _, f := range st.Fields.List {
			if len(f.Names) == 0 || f.Names[0].IsExported() {
				group(f.Doc)
				group(f.Comment)
			}
		}
	}
}

// helpTexts collects the texts of zfsprobe's commands and flags.
func helpTexts(s source, add func(token.Pos, string)) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text := strings.Trim(lit.Value, "`\"")
		if strings.Count(text, " ") > 2 && strings.IndexFunc(text, unicode.IsLetter) >= 0 && !strings.Contains(text, "%") {
			add(lit.Pos(), strings.ReplaceAll(text, `\n`, "\n"))
		}
		return true
	})
}

// Documentation and help use the terms of OpenZFS's manual pages, with the subject
// first. A few sentences may match a pattern.
func TestPlainEnglish(t *testing.T) {
	total, hard := map[string]int{}, map[string]int{}
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		kind, collect := "documentation", documented
		switch {
		case strings.HasPrefix(s.path, "cmd/zfsprobe"):
			kind, collect = "help", helpTexts
		case strings.HasPrefix(s.path, "internal/"), strings.HasPrefix(s.path, "cmd/"), strings.HasPrefix(s.path, "examples/"):
			continue
		}
		collect(s, func(pos token.Pos, text string) {
			for _, sentence := range sentences(text) {
				total[kind]++
				for _, p := range hardPatterns {
					if p.MatchString(sentence) {
						hard[kind]++
						t.Logf("%s:%d: %s [%s]", s.path, s.fset.Position(pos).Line, sentence, p.FindString(sentence))
						break
					}
				}
			}
		})
	}
	for kind, n := range total {
		if n < 200 {
			t.Errorf("found %d sentences of %s only", n, kind)
		}
		if hard[kind]*100 > n*maxHardPercent {
			t.Errorf("%s: %d of %d sentences are hard to read, more than %d in 100: go test -v lists them", kind, hard[kind], n, maxHardPercent)
		}
	}
}
