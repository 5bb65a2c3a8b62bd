-- $1: hash of the token. Why a link did not let its bearer in.
SELECT EXISTS (SELECT FROM sign_in_link_use u WHERE u.hash = l.hash), l.expires_at <= now(), l.user_name
FROM sign_in_link l WHERE l.hash = $1::bytea
