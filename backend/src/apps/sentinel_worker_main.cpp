// `sentinel-worker`: one service on its own.

#include "apps/commands.hpp"

int main(int argc, char** argv) {
  return sentinel::apps::serve_main(sentinel::apps::Service::Worker, argc, argv);
}
