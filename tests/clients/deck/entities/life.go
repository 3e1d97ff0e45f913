package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kong/go-kong/kong"
)

type order struct {
	Entities []json.RawMessage `json:"entities"`
	Change   json.RawMessage   `json:"change"`
	Tags     []*string         `json:"tags"`
}

type report struct {
	Created []any   `json:"created"`
	Got     []any   `json:"got"`
	Pages   [][]any `json:"pages"` // of two
	AnyTag  []any   `json:"any_tag"`
	AllTags []any   `json:"all_tags"`
	Updated any     `json:"updated"`
	Reread  any     `json:"reread"`
	Gone    bool    `json:"gone"` // the first entity, once deleted
	Left    []any   `json:"left"`
}

type calls[E any] struct {
	create func(context.Context, *E) (*E, error)
	get    func(context.Context, *string) (*E, error)
	list   func(context.Context, *kong.ListOpt) ([]*E, *kong.ListOpt, error)
	update func(context.Context, *E) (*E, error)
	remove func(context.Context, *string) error
}

// life creates, reads, lists, changes and deletes.
func (c calls[E]) life(ctx context.Context, wanted order) (*report, error) {
	told := &report{}
	err := c.born(ctx, wanted.Entities, told)
	if err == nil {
		err = c.lists(ctx, wanted.Tags, told)
	}
	if err != nil {
		return nil, err
	}
	// Read anew: a change written into what create answered would change the report as well.
	first, err := c.get(ctx, identity(told.Created[0]))
	if err == nil {
		err = c.changed(ctx, first, wanted.Change, told)
	}
	if err == nil {
		err = c.deleted(ctx, first, told)
	}
	return told, err
}

func (c calls[E]) born(ctx context.Context, given []json.RawMessage, told *report) error {
	for _, text := range given {
		entity := new(E)
		if err := json.Unmarshal(text, entity); err != nil {
			return err
		}
		made, err := c.create(ctx, entity)
		if err != nil {
			return fmt.Errorf("create: %w", err)
		}
		read, err := c.get(ctx, identity(made))
		if err != nil {
			return fmt.Errorf("get: %w", err)
		}
		told.Created, told.Got = append(told.Created, made), append(told.Got, read)
	}
	return nil
}

func (c calls[E]) lists(ctx context.Context, tags []*string, told *report) (err error) {
	for opt := (&kong.ListOpt{Size: 2}); opt != nil; {
		var page []*E
		if page, opt, err = c.list(ctx, opt); err != nil {
			return fmt.Errorf("list: %w", err)
		}
		told.Pages = append(told.Pages, anything(page))
	}
	if told.AnyTag, err = c.everything(ctx, kong.ListOpt{Size: 1, Tags: tags}); err != nil {
		return err
	}
	told.AllTags, err = c.everything(ctx, kong.ListOpt{Size: 1, Tags: tags, MatchAllTags: true})
	return err
}

func (c calls[E]) everything(ctx context.Context, first kong.ListOpt) ([]any, error) {
	found := []any{}
	for opt := &first; opt != nil; {
		page, next, err := c.list(ctx, opt)
		if err != nil {
			return nil, fmt.Errorf("list: %w", err)
		}
		found, opt = append(found, anything(page)...), next
	}
	return found, nil
}

func (c calls[E]) changed(ctx context.Context, entity *E, change json.RawMessage, told *report) error {
	if err := json.Unmarshal(change, entity); err != nil {
		return err
	}
	updated, err := c.update(ctx, entity)
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	told.Updated = updated
	told.Reread, err = c.get(ctx, identity(entity))
	return err
}

func (c calls[E]) deleted(ctx context.Context, entity *E, told *report) error {
	if err := c.remove(ctx, identity(entity)); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	_, err := c.get(ctx, identity(entity))
	told.Gone = kong.IsNotFoundErr(err)
	told.Left, err = c.everything(ctx, kong.ListOpt{})
	return err
}

func anything[E any](entities []*E) []any {
	found := make([]any, len(entities))
	for place, entity := range entities {
		found[place] = entity
	}
	return found
}

// identity is the id of an entity of whatever type.
func identity(entity any) *string {
	var known struct {
		ID *string `json:"id"`
	}
	if text, err := json.Marshal(entity); err == nil {
		_ = json.Unmarshal(text, &known)
	}
	return known.ID
}
