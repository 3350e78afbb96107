data "cloudradial_companies" "all" {}

data "cloudradial_microsoft_tenants" "all" {
  partner_tenant_id = var.partner_tenant_id
}

locals {
  companies = { for c in data.cloudradial_companies.all.companies : tostring(c.company_id) => c }
  tenants   = { for t in data.cloudradial_microsoft_tenants.all.tenants : t.tenant_id => t }

  # A domain in both systems is better evidence than a name. A company may have several tenants.
  of_domain = { for id, t in local.tenants : lower(t.default_domain) => id... if t.default_domain != null }
  by_domain = { for id, c in local.companies : id => distinct(flatten([for d in c.domains : try(local.of_domain[lower(d)], [])])) }
  unclaimed = setsubtract(keys(local.tenants), flatten(values(local.by_domain)))
}

# Match the rest by name. Only equal names go into the file; likely ones become notes.
data "cloudradial_company_matches" "names" {
  left  = { for id, tenants in local.by_domain : id => local.companies[id].name if length(tenants) == 0 }
  right = { for id in local.unclaimed : id => local.tenants[id].name if local.tenants[id].name != null }
}

locals {
  by_name   = data.cloudradial_company_matches.names.exact
  likely    = { for pair in data.cloudradial_company_matches.names.likely : pair.left => pair }
  ambiguous = data.cloudradial_company_matches.names.ambiguous

  # Reviewers read account ids in every plan. So make them of the names, with the company id where two would be equal.
  slugs       = { for id, c in local.companies : id => trim(replace(lower(c.name), "/[^a-z0-9]+/", "-"), "-") }
  of_slug     = { for id, slug in local.slugs : slug => id... }
  account_ids = { for id, slug in local.slugs : id => slug != "" && length(local.of_slug[slug]) == 1 ? slug : trim("${slug}-${id}", "-") }

  # A spreadsheet runs a cell that begins like this as a formula, and companies choose their names. With an apostrophe before it the name would
  # not be the PSA's any more, so such a cell is left empty for a person to fill.
  formula = "^\\s*[=+@＝＋－＠-]|^[\\t\\r\\n]"

  rows = [for c in data.cloudradial_companies.all.companies : {
    company_id  = tostring(c.company_id)
    account_id  = local.account_ids[c.company_id]
    psa_account = can(regex(local.formula, c.name)) ? "" : c.name
    tenant      = length(local.by_domain[c.company_id]) > 0 ? join(" ", local.by_domain[c.company_id]) : try(local.by_name[c.company_id], "")
    note = join("; ", concat(can(regex(local.formula, c.name)) ? ["give psa_account in a text editor: its name begins like a formula"] : [], [
      length(local.by_domain[c.company_id]) > 0 ? "same domain" :
      can(local.by_name[c.company_id]) ? "same name" :
      can(local.likely[c.company_id]) ? format("likely %s (%s): differs by %s",
      local.likely[c.company_id].right, local.likely[c.company_id].right_name, local.likely[c.company_id].reason) :
      can(local.ambiguous[c.company_id]) ? format("perhaps %s",
      join(" or ", [for other in local.ambiguous[c.company_id] : "${other.right} (${other.right_name})"])) :
      "no tenant found"
    ]))
  }]

  columns = ["company_id", "account_id", "psa_account", "tenant", "note"]
  csv = join("", [
    for row in concat([local.columns], [for row in local.rows : [for column in local.columns : row[column]]]) :
    "${join(",", [for v in row : can(regex("[,\"\\r\\n]", v)) ? "\"${replace(v, "\"", "\"\"")}\"" : v])}\n"
  ])
}

output "companies_csv" {
  description = "A first companies.csv of the estate. A company may have several tenants, with spaces between them. The estate does not read the notes: they are for whoever checks the file."
  value       = local.csv
}

output "tenants_without_company" {
  description = "Tenants that are not in the file: of companies that CloudRadial does not have or calls otherwise."
  value       = { for id in setsubtract(local.unclaimed, values(local.by_name)) : id => local.tenants[id].name }
}
