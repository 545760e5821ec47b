package io.helmwatch.cluster;

/**
 * A camera in the topic of cameras.
 *
 * @param id the stream's id
 * @param partition the partition that it is in
 * @param settings JSON with the keys of a stream
 */
public record PlacedCamera(String id, int partition, String settings) {}
