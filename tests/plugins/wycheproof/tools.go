//go:build tools

// Package tools pins the module whose vectors the tests read.
package tools

import _ "github.com/c2sp/wycheproof"
