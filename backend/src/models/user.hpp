// People, keys, and what each may do.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "base/uuid.hpp"

namespace sentinel::models {

enum class Role { Viewer, Editor, Admin };
enum class KeyScope { Ingest, Read, Admin };

std::string_view to_string(Role role);
std::string_view to_string(KeyScope scope);
std::optional<Role> parse_role(std::string_view text);
std::optional<KeyScope> parse_key_scope(std::string_view text);

// What a route asks of its caller. Anyone needs no credential.
enum class Access { Anyone, Ingest, Viewer, Editor, Admin };
std::string_view to_string(Access access);

struct ApiKey {
  Uuid key_id;
  std::string name;
  KeyScope scope = KeyScope::Ingest;
  std::vector<std::string> agents;  // empty: all
  bool may_register = true;
  std::optional<Timestamp> expires_at;
  std::optional<int> records_per_second;  // 0: any number; nothing: what the node says

  bool may_write(std::string_view agent) const;
};

// Who makes a request, after its credential was checked.
struct Caller {
  std::string name;  // user or key
  std::optional<Role> role;
  std::optional<Uuid> user_id;     // people only
  std::optional<Uuid> session_id;  // people only
  bool has_password = false;
};

// The one permission table: whether a role, or the scope of a key, is enough for a route.
bool allows(Role role, Access access);
bool allows(KeyScope scope, Access access);

}  // namespace sentinel::models
