// launch.h has what it says.
const int dv_starts_early = 1;
