//go:build tools

// Package tools pins the conformance suite that the tests build and run.
package tools

import _ "github.com/summerwind/h2spec/cmd/h2spec"
