/** What the pixels of a camera say of the camera: black, frozen, covered, blurred, moved; one direction, towards {@code vision}. */
@NullMarked
package io.helmwatch.vision.health;

import org.jspecify.annotations.NullMarked;
