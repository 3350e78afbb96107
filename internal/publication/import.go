package publication

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

const ownerPrefix = "tf-"

var ownerForm = regexp.MustCompile(`^` + ownerPrefix + `[a-z2-7]{26}$`)

// parseImportID takes <id>, <asset type> or <asset type>/<id>. The owner is empty when it is not given.
func parseImportID(id string) (name, owner string) {
	if ownerForm.MatchString(id) {
		return defaultAssetType, id
	}
	if slash := strings.LastIndex(id, "/"); slash > 0 && ownerForm.MatchString(id[slash+1:]) {
		return id[:slash], id[slash+1:]
	}
	return id, ""
}

// ImportState takes over rows that are there, by their owner.
func (r *publicationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	name, owner := parseImportID(req.ID)
	p, ok := tfbase.CloudRadial(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	s, err := openSheet(ctx, p, name, nil)
	if err != nil {
		resp.Diagnostics.Append(cannotUse(name, err))
		return
	}
	if s == nil {
		resp.Diagnostics.AddError("There is no such publication", fmt.Sprintf("CloudRadial has no flexible asset type named %q. %s", name, importForms))
		return
	}
	owners := otherOwners(s.rows, "")
	if owner == "" && len(owners) == 1 {
		owner = owners[0]
	}
	if !slices.Contains(owners, owner) {
		resp.Diagnostics.AddError("There is no such publication", fmt.Sprintf("The flexible asset type %q has %s%s",
			name, rowsOf(owners), importForms))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), owner)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("asset_type"), name)...)
}

// rowsOf says whose rows a type has.
func rowsOf(owners []string) string {
	if len(owners) == 0 {
		return "no rows of a publication. "
	}
	return "rows of these owners:\n\n" + tfdiag.List(owners) + "\n\n"
}

const importForms = "The import id is the id of a publication (what its rows have as Owner), <asset type>/<id> for a type that is not named \"" +
	defaultAssetType + "\", or only the name of the asset type if its rows have one owner."
