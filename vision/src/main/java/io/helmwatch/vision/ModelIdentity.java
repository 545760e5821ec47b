package io.helmwatch.vision;

/**
 * The model and the backend that made a detection.
 *
 * @param name name of the model, e.g. {@code helmet-yolov5n}
 * @param version version of the model
 * @param precision precision of the engine: {@code fp32}, {@code fp16} or {@code int8}
 * @param backend {@code cpu} or {@code cuda}
 */
public record ModelIdentity(String name, String version, String precision, String backend) {}
