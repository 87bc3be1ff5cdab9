package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
)

// authority signs certificates.
type authority struct {
	t    *testing.T
	dir  string
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	template := &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.key, a.cert = a.sign(template, "ca")
	return a
}

// sign makes a key and its certificate, and writes both to files.
func (a *authority) sign(template *x509.Certificate, file string) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.must(err)
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.Subject = pkix.Name{CommonName: file}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	a.must(err)
	cert, err := x509.ParseCertificate(der)
	a.must(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	a.must(err)
	a.must(os.WriteFile(filepath.Join(a.dir, file+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	a.must(os.WriteFile(filepath.Join(a.dir, file+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return key, cert
}

func (a *authority) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// config is the configuration of the holder of a certificate for some names.
func (a *authority) config(file string, names ...string) *tls.Config {
	a.t.Helper()
	a.sign(&x509.Certificate{
		DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}, file)
	at := func(name string) string { return filepath.Join(a.dir, name) }
	conf, err := certFiles{at("ca.pem"), at(file + ".pem"), at(file + ".key")}.load()
	a.must(err)
	return conf
}

// asked is a module without datasets that notes the names it is asked about.
type asked struct {
	mu    sync.Mutex
	names []string
}

func (a *asked) client(t *testing.T) *zfs.Client {
	t.Helper()
	c, err := zfs.Open(&zfs.Options{Release: ioctl.Release{Major: 2, Minor: 4}, Device: ioctl.NewDevice(func(op ioctl.Op, cmd *ioctl.Cmd) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.names = append(a.names, cmd.Text(ioctl.FieldName))
		return ioctl.CodeNoent.Err()
	})})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// logged is a log that may be read while it is written.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start serves on a port, and returns its address.
func start(t *testing.T, s *server, conf *tls.Config) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.serve(ctx, listener, conf) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
	return listener.Addr().String()
}

// The certificate decides who may send, and to what.
func TestServerTrustsCertificates(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	nobody := ours.config("nobody", "nobody")
	nobody.Certificates = nil
	stranger := theirs.config("stranger", "alice")
	stranger.RootCAs = ours.config("x", "x").RootCAs
	for _, tc := range []struct {
		name string
		conf *tls.Config
		want string // what the server says
	}{
		{"alice", ours.config("alice", "alice"), ""},
		{"no certificate", nobody, "didn't provide a certificate"},
		{"another authority", stranger, "unknown authority"},
		{"no name", ours.config("unnamed"), "has no name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			module, text := &asked{}, &logged{}
			s := &server{client: module.client(t), parent: "backup/hosts", log: log.New(text, "", 0)}
			address := start(t, s, ours.config("server", "server"))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			dialer := &tls.Dialer{Config: tc.conf}
			conn, err := dialer.DialContext(ctx, "tcp", address)
			if err == nil {
				// The other end says hello if it accepts the certificate.
				_, err = conn.Read(make([]byte, 1))
				conn.Close()
			}
			if (err == nil) != (tc.want == "") {
				t.Errorf("error %v", err)
			}
			for range 1000 {
				if strings.Contains(text.String(), tc.want) && text.String() != "" {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if !strings.Contains(text.String(), tc.want) {
				t.Errorf("the server says %q, want %q", text, tc.want)
			}
			if len(module.names) > 0 {
				t.Errorf("the module was asked about %q", module.names)
			}
		})
	}
}

// A name in a certificate leads to a child of the parent, or nowhere.
func TestTarget(t *testing.T) {
	s := &server{parent: "backup/hosts"}
	if got, err := s.target("alice.example.org"); got != "backup/hosts/alice.example.org" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, name := range []string{"", "..", "a/b", "a@b", "a#b", "a%b", "*"} {
		if got, err := s.target(name); err == nil {
			t.Errorf("%q leads to %q", name, got)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"help"}} {
		if err := run(t.Context(), args); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	if err := run(t.Context(), []string{"send", "-ca", "/none"}); err == nil {
		t.Error("without certificates")
	}
}
