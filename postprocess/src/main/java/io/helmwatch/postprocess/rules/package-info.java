/** Rules that turn tracked heads into incidents: zones, masks, schedules, hysteresis. Pure Java; all times are those of the frames. */
@NullMarked
package io.helmwatch.postprocess.rules;

import org.jspecify.annotations.NullMarked;
