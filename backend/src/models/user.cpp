#include "models/user.hpp"

#include <algorithm>

namespace sentinel::models {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::Viewer:
      return "viewer";
    case Role::Editor:
      return "editor";
    case Role::Admin:
      return "admin";
  }
  return "viewer";
}

std::string_view to_string(KeyScope scope) {
  switch (scope) {
    case KeyScope::Ingest:
      return "ingest";
    case KeyScope::Read:
      return "read";
    case KeyScope::Admin:
      return "admin";
  }
  return "ingest";
}

std::optional<Role> parse_role(std::string_view text) {
  for (Role role : {Role::Viewer, Role::Editor, Role::Admin}) {
    if (text == to_string(role)) return role;
  }
  return std::nullopt;
}

std::optional<KeyScope> parse_key_scope(std::string_view text) {
  for (KeyScope scope : {KeyScope::Ingest, KeyScope::Read, KeyScope::Admin}) {
    if (text == to_string(scope)) return scope;
  }
  return std::nullopt;
}

std::string_view to_string(Access access) {
  switch (access) {
    case Access::Anyone:
      return "anyone";
    case Access::Ingest:
      return "ingest";
    case Access::Viewer:
      return "viewer";
    case Access::Editor:
      return "editor";
    case Access::Admin:
      return "admin";
  }
  return "admin";
}

bool ApiKey::may_write(std::string_view agent) const {
  return agents.empty() || std::ranges::find(agents, agent) != agents.end();
}

bool allows(Role role, Access access) {
  switch (access) {
    case Access::Anyone:
      return true;
    case Access::Ingest:
      return false;  // people do not write metrics
    case Access::Viewer:
      return true;
    case Access::Editor:
      return role != Role::Viewer;
    case Access::Admin:
      return role == Role::Admin;
  }
  return false;
}

bool allows(KeyScope scope, Access access) {
  switch (access) {
    case Access::Anyone:
      return true;
    case Access::Ingest:
      return scope != KeyScope::Read;
    case Access::Viewer:
      return scope != KeyScope::Ingest;
    case Access::Editor:
    case Access::Admin:
      return scope == KeyScope::Admin;
  }
  return false;
}

}  // namespace sentinel::models
