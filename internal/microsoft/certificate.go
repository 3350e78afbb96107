// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/youmark/pkcs8"
	"software.sslmate.com/src/go-pkcs12"
)

// certificate signs the assertions of the application (microsoft.md §3.1).
type certificate struct {
	chain []*x509.Certificate
	key   crypto.PrivateKey
}

// loadCertificate reads the certificate from the option or from its file. Both may be set when they are equal (microsoft.md §3.3).
// Errors name the attribute, and have neither the content nor the password.
func loadCertificate(options Options) (*certificate, error) {
	var inline, file []byte
	var err error
	if options.ClientCertificate != "" {
		inline, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(options.ClientCertificate), ""))
		if err != nil {
			return nil, fmt.Errorf("%s is not base64", options.name("client_certificate"))
		}
	}
	if options.ClientCertificatePath != "" {
		file, err = os.ReadFile(options.ClientCertificatePath)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", options.name("client_certificate_path"), err)
		}
	}
	attribute, data := "client_certificate_path", file
	if inline != nil {
		if file != nil && !bytes.Equal(inline, file) {
			return nil, fmt.Errorf("%s and %s are both set, to different certificates", options.name("client_certificate"), options.name("client_certificate_path"))
		}
		attribute, data = "client_certificate", inline
	}
	loaded, err := parseCertificate(options, options.name(attribute), data)
	if err != nil {
		return nil, err
	}
	return loaded, loaded.checkDates(options.name(attribute), time.Now())
}

func parseCertificate(options Options, name string, data []byte) (*certificate, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // of an editor
	if block, _ := pem.Decode(data); block != nil {
		return parsePEM(options, name, data)
	}
	// azidentity's parser does not know SHA-256, with which OpenSSL 3 protects a PKCS#12 file.
	key, leaf, others, err := pkcs12.DecodeChain(data, options.ClientCertificatePassword)
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		return nil, fmt.Errorf("%s cannot be opened with %s", name, options.name("client_certificate_password"))
	}
	if err != nil {
		return nil, fmt.Errorf("%s is neither PKCS#12 nor PEM: %w", name, err)
	}
	return &certificate{chain: append([]*x509.Certificate{leaf}, others...), key: key}, nil
}

// parsePEM reads certificates and their key, which may be encrypted. azidentity's parser does not open an encrypted key.
func parsePEM(options Options, name string, data []byte) (*certificate, error) {
	var plain []byte
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if isEncrypted(block) {
			key, err := decryptKey(block, options.ClientCertificatePassword)
			if err != nil {
				return nil, fmt.Errorf("the private key of %s is encrypted and cannot be opened with %s", name, options.name("client_certificate_password"))
			}
			block = key
		}
		plain = append(plain, pem.EncodeToMemory(block)...)
	}
	chain, key, err := azidentity.ParseCertificates(plain, nil)
	if err != nil {
		return nil, fmt.Errorf("%s is PEM, but not a certificate with its private key: %w", name, err)
	}
	return &certificate{chain: chain, key: key}, nil
}

func isEncrypted(block *pem.Block) bool {
	return block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED")
}

// decryptKey opens a key of PKCS#8, or one in the older form of OpenSSL, which says DEK-Info.
func decryptKey(block *pem.Block, password string) (*pem.Block, error) {
	if block.Type != "ENCRYPTED PRIVATE KEY" {
		der, err := x509.DecryptPEMBlock(block, []byte(password)) //nolint:staticcheck // it is weak, but people have such files
		return &pem.Block{Type: block.Type, Bytes: der}, err
	}
	key, err := pkcs8.ParsePKCS8PrivateKey(block.Bytes, []byte(password))
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return &pem.Block{Type: "PRIVATE KEY", Bytes: der}, err
}

// checkDates refuses a certificate that Entra would refuse, before it is sent.
func (c *certificate) checkDates(name string, now time.Time) error {
	leaf := c.leaf()
	switch {
	case leaf == nil:
		return fmt.Errorf("no certificate of %s belongs to its private key", name)
	case now.After(leaf.NotAfter):
		return fmt.Errorf("the certificate of %s expired on %s: make a new one and register it for the application", name, leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("the certificate of %s is valid from %s on: check the clock of this machine", name, leaf.NotBefore.UTC().Format("2006-01-02 15:04 UTC"))
	}
	return nil
}

// leaf returns the certificate of the key, or nil. A PEM file may have those of the authorities first.
func (c *certificate) leaf() *x509.Certificate {
	signer, ok := c.key.(crypto.Signer)
	if !ok {
		return nil
	}
	for _, candidate := range c.chain {
		if public, ok := candidate.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); ok && public.Equal(signer.Public()) {
			return candidate
		}
	}
	return nil
}
