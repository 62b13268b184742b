// The random numbers of libtorch belong to the process, so tests that train take turns.
[assembly: DoNotParallelize]
