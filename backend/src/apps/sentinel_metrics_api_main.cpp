// `sentinel-metrics-api`: one service on its own.

#include "apps/commands.hpp"

int main(int argc, char** argv) {
  return sentinel::apps::serve_main(sentinel::apps::Service::MetricsApi, argc, argv);
}
