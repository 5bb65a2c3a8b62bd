#include "support/data_model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "support/test_database.hpp"

namespace sentinel::testing {

namespace {

using postgres::Rows;

constexpr std::string_view kIntroduction =
    R"(# Data model

<!-- Written from the live schema: SENTINEL_UPDATE=1 build/debug/bin/integration_tests '--gtest_filter=DataModel*' -->

Everything Sentinel keeps, as PostgreSQL has it after the migrations of `backend/sql/migrations/`. All of it is in the
schema `sentinel` and belongs to `sentinel_owner`, who cannot log in. Rows are only ever inserted: what changes is a newer
row, and what is old leaves as a whole partition.

A test compares this page with a database that was just migrated, so it cannot fall behind.
)";

// The tables of the schema, each partitioned one once.
constexpr std::string_view kTables = R"(
SELECT c.oid::text, c.relname, coalesce(obj_description(c.oid, 'pg_class'), ''), coalesce(pg_get_partkeydef(c.oid), '')
FROM pg_class c
WHERE c.relnamespace = 'sentinel'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname)";

constexpr std::string_view kColumns = R"(
SELECT a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN '' ELSE 'yes' END,
  CASE WHEN a.attidentity <> '' THEN 'identity' ELSE coalesce(pg_get_expr(d.adbin, d.adrelid), '') END,
  coalesce(col_description(a.attrelid, a.attnum), '')
FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = {} AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum)";

// Primary key, unique keys, foreign keys, checks: in this order.
constexpr std::string_view kConstraints = R"(
SELECT CASE contype WHEN 'f' THEN 'Foreign key' WHEN 'c' THEN 'Check' ELSE 'Key' END, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE conrelid = {} AND contype IN ('p', 'u', 'f', 'c')
ORDER BY array_position(ARRAY['p', 'u', 'f', 'c'], contype::text), conname)";

constexpr std::string_view kIndexes = R"(
SELECT c.relname, regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', '')
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = {} AND NOT i.indisunique
ORDER BY c.relname)";

constexpr std::string_view kTriggers = R"(
SELECT t.tgname, regexp_replace(pg_get_triggerdef(t.oid), '^CREATE TRIGGER \S+ (.*) ON \S+ (.*)$', '\1 \2'),
  CASE t.tgenabled WHEN 'A' THEN 'always' WHEN 'D' THEN 'disabled' ELSE 'as usual' END
FROM pg_trigger t
WHERE t.tgrelid = {} AND NOT t.tgisinternal
ORDER BY t.tgname)";

constexpr std::string_view kGrants = R"(
SELECT pg_get_userbyid(grantee), string_agg(privilege_type, ', ' ORDER BY privilege_type)
FROM pg_class c, aclexplode(c.relacl)
WHERE c.oid = {} AND grantee <> c.relowner
GROUP BY grantee
ORDER BY 1)";

constexpr std::string_view kFunctions = R"(
SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_function_result(p.oid),
  CASE WHEN p.prosecdef THEN 'its owner' ELSE 'its caller' END,
  coalesce((SELECT string_agg('`' || pg_get_userbyid(grantee) || '`', ', ' ORDER BY pg_get_userbyid(grantee))
            FROM aclexplode(p.proacl) WHERE grantee NOT IN (0, p.proowner)), ''),
  coalesce(obj_description(p.oid, 'pg_proc'), '')
FROM pg_proc p
WHERE p.pronamespace = 'sentinel'::regnamespace
ORDER BY 1)";

constexpr std::string_view kRoles = R"(
SELECT rolname, CASE WHEN rolcanlogin THEN 'may log in' ELSE 'cannot log in' END
FROM pg_roles WHERE rolname LIKE 'sentinel\_%' ORDER BY rolname)";

constexpr std::string_view kReferences = R"(
SELECT parent.relname, child.relname,
  (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a
   WHERE a.attrelid = f.conrelid AND a.attnum = ANY (f.conkey)),
  EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = f.conrelid AND k.contype = 'p' AND k.conkey = f.conkey)
FROM pg_constraint f
JOIN pg_class child ON child.oid = f.conrelid
JOIN pg_class parent ON parent.oid = f.confrelid
WHERE f.contype = 'f' AND child.relnamespace = 'sentinel'::regnamespace AND NOT child.relispartition
ORDER BY 1, 2, 3)";

constexpr std::string_view kReferenceColumns = R"(
SELECT c.relname, replace(format_type(a.atttypid, -1), ' ', '_'), a.attname,
  CASE WHEN EXISTS (SELECT FROM pg_constraint k
                    WHERE k.conrelid = c.oid AND k.contype = 'p' AND a.attnum = ANY (k.conkey)) THEN ' PK'
       WHEN EXISTS (SELECT FROM pg_constraint k
                    WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)) THEN ' FK'
       ELSE '' END
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND c.oid IN (f.conrelid, f.confrelid))
  AND c.relnamespace = 'sentinel'::regnamespace AND NOT c.relispartition
ORDER BY c.relname, a.attnum)";

Rows ask(std::string_view sql) { return TestDatabase::shared().execute(sql); }
Rows ask(std::string_view sql, std::string_view table) {
  return ask(fmt::format(fmt::runtime(sql), table));
}

// As a cell of a table, where a bar would begin the next one.
std::string cell(std::string_view text, bool code = false) {
  if (text.empty()) return " ";
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return code ? " `" + out + "` " : " " + out + " ";
}

std::string diagram() {
  std::string out = "## What refers to what\n\n```mermaid\nerDiagram\n";
  auto references = ask(kReferences);
  for (int row = 0; row < references.size(); ++row) {
    out += fmt::format("  {} ||--o{} {} : \"{}\"\n", references.text(row, 0),
                       references.boolean(row, 3) ? "|" : "{", references.text(row, 1),
                       references.text(row, 2));
  }
  auto columns = ask(kReferenceColumns);
  std::string_view open;
  for (int row = 0; row < columns.size(); ++row) {
    if (columns.text(row, 0) != open) {
      if (!open.empty()) out += "  }\n";
      open = columns.text(row, 0);
      out += fmt::format("  {} {{\n", open);
    }
    out += fmt::format("    {} {}{}\n", columns.text(row, 1), columns.text(row, 2),
                       columns.text(row, 3));
  }
  return out +
         "  }\n```\n\nRecords carry `agent_id`, `model_id` and `host_id` without a foreign key: a "
         "check for every row "
         "would cost more than the row, and the ids are made before the row is.\n";
}

std::string columns_of(std::string_view table) {
  std::string out = "| column | type | null | default | meaning |\n|---|---|---|---|---|\n";
  auto rows = ask(kColumns, table);
  for (int row = 0; row < rows.size(); ++row) {
    out += fmt::format("|{}|{}|{}|{}|{}|\n", cell(rows.text(row, 0), true), cell(rows.text(row, 1)),
                       cell(rows.text(row, 2)), cell(rows.text(row, 3), true),
                       cell(rows.text(row, 4)));
  }
  return out;
}

std::string rules_of(std::string_view table) {
  std::string out;
  auto constraints = ask(kConstraints, table);
  for (int row = 0; row < constraints.size(); ++row) {
    out += fmt::format("- {}: `{}`\n", constraints.text(row, 0), constraints.text(row, 1));
  }
  auto indexes = ask(kIndexes, table);
  for (int row = 0; row < indexes.size(); ++row) {
    out += fmt::format("- Index `{}`: {}\n", indexes.text(row, 0), indexes.text(row, 1));
  }
  auto triggers = ask(kTriggers, table);
  for (int row = 0; row < triggers.size(); ++row) {
    out += fmt::format("- Trigger `{}` ({}): {}\n", triggers.text(row, 0), triggers.text(row, 2),
                       triggers.text(row, 1));
  }
  auto grants = ask(kGrants, table);
  for (int row = 0; row < grants.size(); ++row) {
    out += fmt::format("- `{}` may {}\n", grants.text(row, 0), grants.text(row, 1));
  }
  return out;
}

std::string functions() {
  std::string out =
      "\n## Functions\n\n| function | gives | works with the rights of | who may call it | what it "
      "does |\n"
      "|---|---|---|---|---|\n";
  auto rows = ask(kFunctions);
  for (int row = 0; row < rows.size(); ++row) {
    out += fmt::format("|{}|{}|{}|{}|{}|\n", cell(rows.text(row, 0), true), cell(rows.text(row, 1)),
                       cell(rows.text(row, 2)), cell(rows.text(row, 3)), cell(rows.text(row, 4)));
  }
  return out;
}

std::string roles() {
  std::string out = "\n## Roles\n\n";
  auto rows = ask(kRoles);
  for (int row = 0; row < rows.size(); ++row)
    out += fmt::format("- `{}` {}\n", rows.text(row, 0), rows.text(row, 1));
  return out;
}

}  // namespace

std::string describe_schema() {
  std::string out = std::string(kIntroduction) + roles() + "\n" + diagram() + "\n## Tables\n";
  auto tables = ask(kTables);
  for (int row = 0; row < tables.size(); ++row) {
    auto id = tables.text(row, 0);
    out += fmt::format("\n### {}\n\n{}.\n", tables.text(row, 1), tables.text(row, 2));
    if (auto key = tables.text(row, 3); !key.empty()) {
      out += fmt::format(
          "Partitioned by `{}`; a partition has the columns, rules and grants of its parent.\n",
          key);
    }
    out += "\n" + columns_of(id) + "\n" + rules_of(id);
  }
  return out + functions();
}

}  // namespace sentinel::testing
