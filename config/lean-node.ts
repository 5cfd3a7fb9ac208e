/**
 * Node's flags of every process of the program, which cost memory elsewhere and gain no latency here:
 * a young generation of a few MiB is tens of MiB a process, and each thread of V8's pool keeps an
 * arena of its own in the allocator. The scripts of package.json have them too.
 */
export const leanNode: readonly string[] = ['--max-semi-space-size=1', '--v8-pool-size=1'];
