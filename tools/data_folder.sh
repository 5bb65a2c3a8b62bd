# Read by the scripts that start Sentinel: where its data goes.

# The first folder on the way to the data that other users may not pass.
closed_parent() {
  local way=$PWD
  while [ "$way" != / ]; do
    [ $((8#$(stat -c %a "$way") & 1)) = 1 ] || { echo "$way"; return; }
    way=$(dirname "$way")
  done
}

# $1: a folder here; $2: one that any user can reach. Started by root, Sentinel works as an unprivileged user, who must be
# able to reach its data.
data_folder() {
  if [ "$(id -u)" = 0 ] && [ -n "$(closed_parent)" ]; then echo "$2"; else echo "./$1"; fi
}
