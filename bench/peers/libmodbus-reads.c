/* Sequential reads over Modbus TCP with libmodbus, for so many seconds: what a bare C client does.
 * libmodbus-reads HOST PORT UNIT SECONDS ADDRESS COUNT [ADDRESS COUNT …]
 * PAUSE_US in the environment: so long a sleep before each read, as a loop that polls by the clock.
 * Prints {"reads":n,"seconds":x,"cpuSeconds":x}; exit code 1 with the reason on stderr. */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
  if (argc < 7 || argc % 2 == 0) {
    fprintf(stderr, "usage: %s HOST PORT UNIT SECONDS ADDRESS COUNT [ADDRESS COUNT ...]\n", argv[0]);
    return 1;
  }
  modbus_t *bus = modbus_new_tcp(argv[1], atoi(argv[2]));
  if (bus == NULL || modbus_set_slave(bus, atoi(argv[3])) != 0 || modbus_connect(bus) != 0) {
    fprintf(stderr, "connect: %s\n", modbus_strerror(errno));
    return 1;
  }
  uint16_t words[MODBUS_MAX_READ_REGISTERS];
  double seconds = atof(argv[4]), begun = now(), cpu_begun = cpu();
  long reads = 0;
  const char *named = getenv("PAUSE_US");
  long pause_us = named == NULL ? 0 : atol(named);
  struct timespec pause = {pause_us / 1000000, pause_us % 1000000 * 1000};
  while (now() - begun < seconds) {
    for (int i = 5; i < argc; i += 2) {
      if (pause_us > 0) nanosleep(&pause, NULL);
      if (modbus_read_registers(bus, atoi(argv[i]), atoi(argv[i + 1]), words) < 0) {
        fprintf(stderr, "read: %s\n", modbus_strerror(errno));
        return 1;
      }
      reads++;
    }
  }
  printf("{\"reads\":%ld,\"seconds\":%.6f,\"cpuSeconds\":%.6f}\n", reads, now() - begun,
         cpu() - cpu_begun);
  modbus_close(bus);
  modbus_free(bus);
  return 0;
}
