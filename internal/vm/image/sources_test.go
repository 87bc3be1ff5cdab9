package image

import (
	"path/filepath"
	"testing"

	"github.com/purezfs/purezfs/internal/vm/vmtest"
)

func TestAptMirror(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"nothing", nil, ""},
		{
			"one line",
			map[string]string{"sources.list": "# deb http://old.test/d bookworm main\ndeb http://a.test/d bookworm main contrib\n"},
			"http://a.test/d",
		},
		{
			"options",
			map[string]string{"sources.list": "deb [arch=amd64 signed-by=/k] http://a.test/d stable main # why\n"},
			"http://a.test/d",
		},
		{
			"not security, not updates, not sources",
			map[string]string{"sources.list": "deb-src http://src.test/d trixie main\n" +
				"deb http://sec.test/d trixie-security main\ndeb http://up.test/d trixie-updates main\n" +
				"deb http://a.test/d trixie main\n"},
			"http://a.test/d",
		},
		{
			"another vendor's",
			map[string]string{
				"sources.list.d/x.list":      "deb http://vendor.test/apt tool-bookworm main\n",
				"sources.list.d/y.sources":   "Types: deb\nURIs: http://vendor.test/n\nSuites: nodistro\nComponents: main\n",
				"sources.list.d/zz.sources":  "Types: deb\nURIs: http://b.test/d\nSuites: bookworm\nComponents: main\n",
				"sources.list.d/ignored.txt": "deb http://c.test/d bookworm main\n",
			},
			"http://b.test/d",
		},
		{
			"deb822",
			map[string]string{"sources.list.d/debian.sources": "# about\nTypes: deb deb-src\n# more\n" +
				"URIs: http://a.test/d http://b.test/d\nSuites: bookworm\n bookworm-updates\nComponents:\n main\nSigned-By: /k\n\n" +
				"Types: deb\nURIs: http://sec.test/d\nSuites: bookworm-security\nComponents: main\n"},
			"http://a.test/d",
		},
		{
			"disabled",
			map[string]string{"sources.list.d/debian.sources": "Enabled: no\nTypes: deb\nURIs: http://a.test/d\nSuites: sid\nComponents: main\n"},
			"",
		},
		{
			"only sources",
			map[string]string{"sources.list.d/debian.sources": "Types: deb-src\nURIs: http://a.test/d\nSuites: sid\nComponents: main\n"},
			"",
		},
		{"garbage", map[string]string{"sources.list": "deb\ndeb [\ndeb x\n", "sources.list.d/x.sources": " \n: \n x\nURIs\n"}, ""},
		{"no main", map[string]string{"sources.list": "deb http://a.test/d bookworm contrib\n"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			etc := t.TempDir()
			for name, text := range tt.files {
				vmtest.Write(t, filepath.Join(etc, name), text)
			}
			got, err := aptMirror(etc)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestAptMirrorFollowsAListOfMirrors(t *testing.T) {
	etc := t.TempDir()
	list := vmtest.Write(t, filepath.Join(etc, "mirrors", "debian.list"), "# ours\nhttp://a.test/d\nhttp://b.test/d\n")
	for _, uri := range []string{"mirror+file:" + list, "mirror+file://" + list} {
		vmtest.Write(t, filepath.Join(etc, "sources.list"), "deb "+uri+" trixie main\n")
		got, err := aptMirror(etc)
		if err != nil || got != "http://a.test/d" {
			t.Errorf("%s: got %q, %v", uri, got, err)
		}
	}
}
