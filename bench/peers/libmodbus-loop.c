/* The floor: one thread that reads each machine's block with libmodbus every EVERY_MS, asks the
 * model through ONNX Runtime's C API when the shot counter has changed, and writes the coil of a
 * defect. No store, no panel, no reconnecting, no second look at the counter.
 * libmodbus-loop PORT [PORT …]; what to do is compiled in from plan.h (see plan.ts). */
#include <errno.h>
#include <math.h>
#include <modbus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan.h"

#define SIZE(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define WIDTH SIZE(features)

/* No registry that we build from has the header. The table of functions is a stable interface: slots
 * are only ever appended, so the few that are needed are named here by their place in it. */
typedef void *(*slot)();
struct api_base {
  const slot *(*get_api)(uint32_t version);
  const char *(*version)(void);
};
extern const struct api_base *OrtGetApiBase(void);
enum {
  ERROR_MESSAGE = 2,
  CREATE_ENV = 3,
  CREATE_SESSION = 7,
  RUN = 9,
  CREATE_OPTIONS = 10,
  SET_INTRA_THREADS = 24,
  SET_INTER_THREADS = 25,
  CREATE_TENSOR_WITH_DATA = 49,
  TENSOR_DATA = 51,
  CREATE_CPU_MEMORY = 69,
  RELEASE_VALUE = 96
};
enum { API_VERSION = 17, WARNING = 2, FLOAT = 1, ARENA_ALLOCATOR = 1, DEFAULT_MEMORY = 0 };

static const slot *api;

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static void check(const char *what, void *status) {
  if (status != NULL) fail(what, ((const char *(*)(void *))api[ERROR_MESSAGE])(status));
}

static void *session, *input;
static float row[WIDTH];

static void load_model(void) {
  void *env, *options, *memory;
  if ((api = OrtGetApiBase()->get_api(API_VERSION)) == NULL) fail("onnxruntime", "too old");
  check("env", ((void *(*)(int, const char *, void **))api[CREATE_ENV])(WARNING, "loop", &env));
  check("options", ((void *(*)(void **))api[CREATE_OPTIONS])(&options));
  check("threads", ((void *(*)(void *, int))api[SET_INTRA_THREADS])(options, 1));
  check("threads", ((void *(*)(void *, int))api[SET_INTER_THREADS])(options, 1));
  check("session", ((void *(*)(void *, const char *, void *, void **))api[CREATE_SESSION])(
                       env, MODEL, options, &session));
  check("memory", ((void *(*)(int, int, void **))api[CREATE_CPU_MEMORY])(ARENA_ALLOCATOR,
                                                                       DEFAULT_MEMORY, &memory));
  const int64_t shape[] = {1, WIDTH};
  check("tensor", ((void *(*)(void *, void *, size_t, const int64_t *, size_t, int, void **))
                       api[CREATE_TENSOR_WITH_DATA])(memory, row, sizeof row, shape, 2, FLOAT, &input));
}

static float predict(void) {
  static const char *inputs[] = {INPUT_NAME}, *outputs[] = {OUTPUT_NAME};
  const void *values[] = {input};
  void *result = NULL;
  float *chances;
  check("run", ((void *(*)(void *, void *, const char *const *, const void *const *, size_t,
                          const char *const *, size_t, void **))api[RUN])(
                   session, NULL, inputs, values, 1, outputs, 1, &result));
  check("output", ((void *(*)(void *, void **))api[TENSOR_DATA])(result, (void **)&chances));
  float chance = chances[DEFECT_COLUMN];
  ((void (*)(void *))api[RELEASE_VALUE])(result);
  return chance;
}

/* NaN where there is no value. */
static double value_of(const struct signal *s, const uint16_t *words) {
  int raw = s->is_signed ? (int16_t)words[s->at] : words[s->at];
  for (int i = 0; i < SIZE(s->sentinels); i++)
    if (raw == s->sentinels[i]) return NAN;
  double value = raw / s->divisor;
  return value < s->low || value > s->high ? NAN : value;
}

static int is_defect(const uint16_t *words) {
  double values[SIZE(signals)];
  for (int i = 0; i < SIZE(signals); i++) values[i] = value_of(&signals[i], words);
  for (int i = 0; i < SIZE(skips); i++)
    if (values[skips[i].signal] == skips[i].equals) return 0;
  for (int i = 0; i < SIZE(limits); i++)
    if (values[limits[i].signal] < limits[i].low || values[limits[i].signal] > limits[i].high) return 1;
  for (int i = 0; i < WIDTH; i++) {
    double value = values[features[i].signal];
    if (isnan(value) && features[i].refuse) return 0;
    row[i] = (float)value;
  }
  return predict() >= THRESHOLD;
}

int main(int argc, char **argv) {
  const int machines = argc - 1;
  modbus_t *buses[machines];
  int last[machines];
  load_model();
  for (int i = 0; i < machines; i++) {
    buses[i] = modbus_new_tcp("127.0.0.1", atoi(argv[i + 1]));
    last[i] = -1;
    if (buses[i] == NULL || modbus_set_slave(buses[i], 1) != 0 || modbus_connect(buses[i]) != 0)
      fail("connect", modbus_strerror(errno));
  }
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (;;) {
    for (int i = 0; i < machines; i++) {
      uint16_t words[COUNT];
      if (modbus_read_registers(buses[i], ADDRESS, COUNT, words) != COUNT)
        fail("read", modbus_strerror(errno));
      int changed = last[i] != -1 && last[i] != words[0];
      last[i] = words[0];
      if (changed && is_defect(words) && modbus_write_bit(buses[i], COIL, 1) != 1)
        fail("write", modbus_strerror(errno));
    }
    next.tv_nsec += EVERY_MS * 1000000L;
    next.tv_sec += next.tv_nsec / 1000000000L;
    next.tv_nsec %= 1000000000L;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
  }
}
