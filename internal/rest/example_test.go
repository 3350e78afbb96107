// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// A client of one API, and what an error tells.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/company/7" {
			fmt.Fprint(w, `{"name":"Contoso"}`)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	client, err := rest.New(rest.Config{System: "CRM", BaseURL: server.URL, RequestsPerSecond: 20})
	if err != nil {
		fmt.Println(err)
		return
	}

	response, err := client.Do(context.Background(), rest.Request{Doing: "read the company", Method: http.MethodGet, Path: "/company/7"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var company struct{ Name string }
	if err := response.Decode(&company); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(company.Name)

	_, err = client.Do(context.Background(), rest.Request{Doing: "read the company", Method: http.MethodGet, Path: "/company/8"})
	fmt.Println("status", rest.Status(err), "ambiguous", rest.Ambiguous(err), "systemic", rest.Systemic(err))
	// Output:
	// Contoso
	// status 404 ambiguous false systemic false
}
