package io.helmwatch.config.rule;

import java.util.List;

/**
 * A named part of the frame.
 *
 * @param name name in rules and events
 * @param polygon corners in order, at least three, sides that do not cross
 */
public record ZoneConfig(String name, List<Point> polygon) {

    /** Keeps its own copy of the corners. */
    public ZoneConfig {
        polygon = List.copyOf(polygon);
    }

    /**
     * A corner in normalised coordinates: origin top-left, 1 is the frame's right or bottom edge.
     *
     * @param x 0..1
     * @param y 0..1
     */
    public record Point(double x, double y) {}
}
