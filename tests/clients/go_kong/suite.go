// Package suite pins what go-kong's own tests are built with. The tests themselves come with go-kong's module:
//
//	go test -c github.com/kong/go-kong/kong
package suite

import (
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/google/uuid"
	_ "github.com/kong/go-kong/kong"
	_ "github.com/samber/lo"
	_ "github.com/stretchr/testify/assert"
	_ "github.com/stretchr/testify/require"
	_ "github.com/tidwall/gjson"
)
