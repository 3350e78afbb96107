// Package licensesync is cloudradial_license_sync: it pushes unit counts to Gradient and remembers, in the Terraform
// state, what Gradient accepted.
package licensesync
