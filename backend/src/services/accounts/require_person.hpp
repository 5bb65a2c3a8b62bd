// What is a person's own a key has not.
#pragma once

#include "base/result.hpp"
#include "models/user.hpp"

namespace sentinel::accounts {

// Errors: PermissionDenied (people_only).
inline Result<void> require_person(const models::Caller& caller) {
  if (caller.user_id && caller.session_id) return {};
  return fail(ErrorCode::PermissionDenied, "people_only",
              "this is for people who signed in, not for keys");
}

}  // namespace sentinel::accounts
