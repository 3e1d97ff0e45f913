package main

import (
	"context"
	"fmt"

	"github.com/kong/go-kong/kong"
)

type life func(context.Context, order) (*report, error)

// lives has every kind of entity that go-kong knows in an open gateway. Credentials belong to the
// consumer that parent names, targets to the upstream.
func lives(client *kong.Client, parent *string) map[string]life {
	targets, found := client.Targets, map[string]life{}
	found["services"] = own[kong.Service](client.Services)
	found["routes"] = own[kong.Route](client.Routes)
	found["consumers"] = own[kong.Consumer](client.Consumers)
	found["plugins"] = own[kong.Plugin](client.Plugins)
	found["upstreams"] = own[kong.Upstream](client.Upstreams)
	found["certificates"] = own[kong.Certificate](client.Certificates)
	found["snis"] = own[kong.SNI](client.SNIs)
	found["ca_certificates"] = own[kong.CACertificate](client.CACertificates)
	found["vaults"] = own[kong.Vault](client.Vaults)
	found["keys"] = own[kong.Key](client.Keys)
	found["key_sets"] = own[kong.KeySet](client.KeySets)
	found["key_auths"] = credential[kong.KeyAuth](client.KeyAuths, parent)
	found["basic_auths"] = credential[kong.BasicAuth](client.BasicAuths, parent)
	found["hmac_auths"] = credential[kong.HMACAuth](client.HMACAuths, parent)
	found["jwts"] = credential[kong.JWTAuth](client.JWTAuths, parent)
	found["oauth2"] = credential[kong.Oauth2Credential](client.Oauth2Credentials, parent)
	found["acls"] = credential[kong.ACLGroup](client.ACLs, parent)
	found["targets"] = calls[kong.Target]{
		create: func(ctx context.Context, target *kong.Target) (*kong.Target, error) {
			return targets.Create(ctx, parent, target)
		},
		get: func(ctx context.Context, id *string) (*kong.Target, error) {
			return listed(ctx, targets, parent, *id)
		},
		list: func(ctx context.Context, opt *kong.ListOpt) ([]*kong.Target, *kong.ListOpt, error) {
			return targets.List(ctx, parent, opt)
		},
		update: func(ctx context.Context, target *kong.Target) (*kong.Target, error) {
			return targets.Update(ctx, parent, target.ID, target)
		},
		remove: func(ctx context.Context, id *string) error { return targets.Delete(ctx, parent, id) },
	}.life
	return found
}

// listed finds a target in the list, because go-kong reads none alone.
func listed(ctx context.Context, targets kong.AbstractTargetService, upstream *string, id string) (*kong.Target, error) {
	all, err := targets.ListAll(ctx, upstream)
	if err != nil {
		return nil, err
	}
	for _, target := range all {
		if *target.ID == id {
			return target, nil
		}
	}
	return nil, kong.NewAPIError(404, fmt.Sprintf("no target %s in the list", id))
}

type service[E any] interface {
	Create(ctx context.Context, entity *E) (*E, error)
	Get(ctx context.Context, id *string) (*E, error)
	List(ctx context.Context, opt *kong.ListOpt) ([]*E, *kong.ListOpt, error)
	Update(ctx context.Context, entity *E) (*E, error)
	Delete(ctx context.Context, id *string) error
}

func own[E any](of service[E]) life {
	return calls[E]{of.Create, of.Get, of.List, of.Update, of.Delete}.life
}

type credentials[E any] interface {
	Create(ctx context.Context, consumer *string, entity *E) (*E, error)
	Get(ctx context.Context, consumer, id *string) (*E, error)
	List(ctx context.Context, opt *kong.ListOpt) ([]*E, *kong.ListOpt, error)
	Update(ctx context.Context, consumer *string, entity *E) (*E, error)
	Delete(ctx context.Context, consumer, id *string) error
}

func credential[E any](of credentials[E], consumer *string) life {
	return calls[E]{
		create: func(ctx context.Context, entity *E) (*E, error) { return of.Create(ctx, consumer, entity) },
		get:    func(ctx context.Context, id *string) (*E, error) { return of.Get(ctx, consumer, id) },
		list:   of.List,
		update: func(ctx context.Context, entity *E) (*E, error) { return of.Update(ctx, consumer, entity) },
		remove: func(ctx context.Context, id *string) error { return of.Delete(ctx, consumer, id) },
	}.life
}
