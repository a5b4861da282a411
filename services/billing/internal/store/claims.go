package store

import (
	"context"
	"fmt"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// Claims loads the claims with the keys, those that are known.
func Claims(ctx context.Context, tx database.Transaction, keys []string) ([]*domain.Claim, error) {
	rows, err := New(tx).FindClaims(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("find claims: %w", err)
	}
	claims := make([]*domain.Claim, 0, len(rows))
	for _, row := range rows {
		claims = append(claims, toClaim(row))
	}
	return claims, nil
}

func toClaim(row CreditClaim) *domain.Claim {
	return &domain.Claim{
		Key: row.ClaimKey, ID: row.ClaimID, Order: row.OrderID, Account: domain.AccountID(row.AccountID),
		Outcome: domain.Outcome(row.Outcome), Reason: row.Reason, Message: row.Message, Requested: row.RequestedMinor,
		Exposure: row.ExposureMinor, Limit: row.LimitMinor, Replaced: row.ReplacedKey, Active: row.Active, Open: row.OpenMinor,
		AtRelease: row.AtRelease,
	}
}

// ChangeClaims stores new claims and what has changed of known ones.
func ChangeClaims(ctx context.Context, tx database.Transaction, claims []*domain.Claim) error {
	if len(claims) == 0 {
		return nil
	}
	var set SaveClaimsParams
	for _, claim := range claims {
		set.ClaimKeys = append(set.ClaimKeys, claim.Key)
		set.ClaimIds = append(set.ClaimIds, claim.ID)
		set.OrderIds = append(set.OrderIds, claim.Order)
		set.AccountIds = append(set.AccountIds, string(claim.Account))
		set.Outcomes = append(set.Outcomes, string(claim.Outcome))
		set.Reasons = append(set.Reasons, claim.Reason)
		set.Messages = append(set.Messages, claim.Message)
		set.Requesteds = append(set.Requesteds, claim.Requested)
		set.Exposures = append(set.Exposures, claim.Exposure)
		set.Limits = append(set.Limits, claim.Limit)
		set.ReplacedKeys = append(set.ReplacedKeys, claim.Replaced)
		set.Actives = append(set.Actives, claim.Active)
		set.Opens = append(set.Opens, claim.Open)
		set.AtReleases = append(set.AtReleases, claim.AtRelease)
	}
	if err := New(tx).SaveClaims(ctx, set); err != nil {
		return fmt.Errorf("save claims: %w", err)
	}
	return nil
}

// Releases loads the releases with the keys, those that are known.
func Releases(ctx context.Context, tx database.Transaction, keys []string) ([]*domain.Release, error) {
	rows, err := New(tx).FindReleases(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("find releases: %w", err)
	}
	releases := make([]*domain.Release, 0, len(rows))
	for _, row := range rows {
		releases = append(releases, &domain.Release{Key: row.ReleaseKey, Order: row.OrderID, Released: row.ReleasedMinor})
	}
	return releases, nil
}

// AddReleases stores new releases.
func AddReleases(ctx context.Context, tx database.Transaction, releases []*domain.Release) error {
	if len(releases) == 0 {
		return nil
	}
	var set SaveReleasesParams
	for _, release := range releases {
		set.ReleaseKeys = append(set.ReleaseKeys, release.Key)
		set.OrderIds = append(set.OrderIds, release.Order)
		set.Released = append(set.Released, release.Released)
	}
	if err := New(tx).SaveReleases(ctx, set); err != nil {
		return fmt.Errorf("save releases: %w", err)
	}
	return nil
}

// KeepRevisionsOf stores the priced orders that amendments have replaced.
func KeepRevisionsOf(ctx context.Context, tx database.Transaction, revisions []*domain.Revision) error {
	if len(revisions) == 0 {
		return nil
	}
	var set KeepRevisionsParams
	for _, revision := range revisions {
		set.ClaimKeys = append(set.ClaimKeys, revision.ClaimKey)
		set.OrderIds = append(set.OrderIds, revision.ID)
		set.TaxRates = append(set.TaxRates, int64(revision.TaxRate))
		set.BackorderWeights = append(set.BackorderWeights, revision.Backordered)
		set.SnapshotHashes = append(set.SnapshotHashes, []byte(revision.Hash))
		set.Snapshots = append(set.Snapshots, revision.Snapshot)
	}
	if err := New(tx).KeepRevisions(ctx, set); err != nil {
		return fmt.Errorf("keep revisions: %w", err)
	}
	return nil
}

func toWeighing(taxRate, backordered int64) domain.Weighing {
	return domain.Weighing{TaxRate: money.Rate(taxRate), Backordered: backordered}
}

// StoredRevision is a priced order that an amendment has replaced, its snapshot not decoded, with the claim that brought it.
type StoredRevision struct {
	Snapshot []byte
	domain.Weighing
	Claim *domain.Claim
}

// Revisions loads what the amendments replaced whose claims replaced those with the keys.
func Revisions(ctx context.Context, tx database.Transaction, keys []string) ([]StoredRevision, error) {
	rows, err := New(tx).FindRevisions(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("find revisions: %w", err)
	}
	claims, err := Claims(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]*domain.Claim, len(claims))
	for _, claim := range claims {
		byKey[claim.Key] = claim
	}
	revisions := make([]StoredRevision, 0, len(rows))
	for _, row := range rows {
		revisions = append(revisions, StoredRevision{
			Snapshot: row.Snapshot, Weighing: toWeighing(row.TaxRate, row.BackorderWeightBp), Claim: byKey[row.ClaimKey],
		})
	}
	return revisions, nil
}
