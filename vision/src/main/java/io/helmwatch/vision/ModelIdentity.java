package io.helmwatch.vision;

/**
 * Which network on which backend made a detection.
 *
 * @param name the model's name, e.g. {@code helmet-yolov5n}
 * @param version the model's version
 * @param precision arithmetic of the engine: {@code fp32}, {@code fp16} or {@code int8}
 * @param backend {@code cpu} or {@code cuda}
 */
public record ModelIdentity(String name, String version, String precision, String backend) {}
