//go:build tools

// Package tools pins the proxy of faults that the tests build and run.
package tools

import _ "github.com/Shopify/toxiproxy/v2/cmd/server"
