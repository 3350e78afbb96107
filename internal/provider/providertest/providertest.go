// Package providertest starts the provider against the sandbox, for the acceptance tests of every room.
package providertest
