// Who writes a further revision of a user goes on from the newest one, one after the other: a new
// password does not enable again who is disabled meanwhile.
#pragma once

namespace sentinel::accounts {

inline constexpr const char* kUserTurn = "sentinel.user_revision";

}  // namespace sentinel::accounts
