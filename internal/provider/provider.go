// Package provider turns the provider block into clients and registers every resource, data source and function.
package provider
