package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// certFiles are the paths of the certificates.
type certFiles struct{ ca, cert, key string }

// load returns the configuration for either side: both present a certificate, and
// both accept only certificates of the authority.
func (f certFiles) load() (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(f.ca)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no certificate", f.ca)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{cert},
		RootCAs:      pool,
		ClientCAs:    pool,
		ClientAuth:   tls.RequireAndVerifyClientCert,
		MinVersion:   tls.VersionTLS13,
	}, nil
}

// peerName returns the name in the certificate of the other side.
func peerName(conn *tls.Conn) (string, error) {
	certs := conn.ConnectionState().PeerCertificates
	if len(certs) == 0 || len(certs[0].DNSNames) == 0 {
		return "", fmt.Errorf("the certificate of %s has no name", conn.RemoteAddr())
	}
	return certs[0].DNSNames[0], nil
}
