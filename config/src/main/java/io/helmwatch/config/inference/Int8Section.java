package io.helmwatch.config.inference;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.existingFolder;
import static io.helmwatch.config.schema.ValueTypes.listOf;
import static io.helmwatch.config.schema.ValueTypes.number;
import static io.helmwatch.config.schema.ValueTypes.text;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import java.nio.file.Path;
import java.util.List;

/** The section {@code gpu.int8}. */
final class Int8Section {
    private static final Int8Config DEFAULT = Int8Config.DEFAULT;
    private static final Key<Int8Config, Path> PICTURES = Key.<Int8Config, Path>optional(
                    "pictures",
                    existingFolder(),
                    Int8Config::pictures,
                    "none; required for `precision: int8`",
                    "folder of images that the engine is calibrated on, some hundred from the site")
            .example("calibration");
    private static final Key<Int8Config, CalibrationMethod> CALIBRATOR = Key.of(
            "calibrator",
            choice(CalibrationMethod.class),
            DEFAULT.calibrator(),
            Int8Config::calibrator,
            "how the ranges of activations are chosen; `entropy` clips large values");
    private static final Key<Int8Config, Path> CHECK_PICTURES = Key.<Int8Config, Path>optional(
                    "check-pictures",
                    existingFolder(),
                    Int8Config::checkPictures,
                    "every fifth image of `pictures`, which then does not calibrate",
                    "folder of images, with or without YOLO labels, that the engine is compared with FP32 on")
            .example("labelled");
    private static final Key<Int8Config, Double> MAX_LOSS = Key.of(
            "max-loss",
            number(0, 1),
            DEFAULT.maxLoss(),
            Int8Config::maxLoss,
            "largest loss of average precision against FP32; the engine falls back to FP16 beyond it");
    private static final Key<Int8Config, List<String>> KEEP_FP16 = Key.of(
            "keep-fp16",
            listOf(text()),
            DEFAULT.keepFp16(),
            Int8Config::keepFp16,
            "names of layers that stay in FP16; `*` matches any text");

    static final SectionSpec<Int8Config> SPEC = SectionSpec.of(
            "how an INT8 engine is calibrated and checked, once, when it is built ([INT8](gpu.md#int8))",
            PICTURES,
            CALIBRATOR,
            CHECK_PICTURES,
            MAX_LOSS,
            KEEP_FP16);

    private Int8Section() {}

    static Int8Config read(Section section) {
        return new Int8Config(
                section.optional(PICTURES),
                section.value(CALIBRATOR),
                section.optional(CHECK_PICTURES),
                section.value(MAX_LOSS),
                section.value(KEEP_FP16));
    }
}
