/** From heads over time to incidents: zones, masks, schedules, rules with hysteresis. Pure Java; all times are the frames' own. */
@NullMarked
package io.helmwatch.postprocess.rules;

import org.jspecify.annotations.NullMarked;
