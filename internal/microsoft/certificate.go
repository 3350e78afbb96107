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

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
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
			return nil, errors.New("client_certificate is not base64")
		}
	}
	if options.ClientCertificatePath != "" {
		file, err = os.ReadFile(options.ClientCertificatePath)
		if err != nil {
			return nil, fmt.Errorf("client_certificate_path cannot be read: %w", err)
		}
	}
	if inline == nil {
		return parseCertificate("client_certificate_path", file, options.ClientCertificatePassword)
	}
	if file != nil && !bytes.Equal(inline, file) {
		return nil, errors.New("client_certificate and client_certificate_path are both set, to different certificates")
	}
	return parseCertificate("client_certificate", inline, options.ClientCertificatePassword)
}

func parseCertificate(attribute string, data []byte, password string) (*certificate, error) {
	if block, _ := pem.Decode(data); block != nil {
		chain, key, err := azidentity.ParseCertificates(data, nil)
		if err != nil {
			return nil, fmt.Errorf("%s is PEM, but not a certificate with its unencrypted private key: %w", attribute, err)
		}
		return &certificate{chain: chain, key: key}, nil
	}
	// azidentity's parser does not know SHA-256, with which OpenSSL 3 protects a PKCS#12 file.
	key, leaf, others, err := pkcs12.DecodeChain(data, password)
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		return nil, fmt.Errorf("%s cannot be opened with client_certificate_password", attribute)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is neither PKCS#12 nor PEM: %w", attribute, err)
	}
	return &certificate{chain: append([]*x509.Certificate{leaf}, others...), key: key}, nil
}
