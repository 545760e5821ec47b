package io.helmwatch.pipeline;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The sentences of docs/architecture.md about who may depend on whom. */
class ArchitectureTest {
    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            // A build that packages puts other modules' tests on the class path as JAR files.
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("io.helmwatch");

    private static final List<String> MODULES = List.of(
            "resource",
            "config",
            "vision",
            "cuda",
            "ingest",
            "preprocess",
            "inference",
            "postprocess",
            "sinks",
            "web",
            "cluster",
            "pipeline");

    static Stream<Arguments> modulesAndWhatTheyMayUse() {
        return Stream.of(
                Arguments.of("resource", List.of()),
                Arguments.of("config", List.of("resource")),
                Arguments.of("vision", List.of("resource")),
                Arguments.of("cuda", List.of("resource")),
                Arguments.of("ingest", List.of("resource", "vision", "config", "cuda")),
                Arguments.of("preprocess", List.of("resource", "vision", "config", "cuda")),
                Arguments.of("inference", List.of("resource", "vision", "config", "cuda", "preprocess")),
                Arguments.of("postprocess", List.of("resource", "vision", "config", "cuda")),
                Arguments.of("sinks", List.of("resource", "vision", "config")),
                Arguments.of("web", List.of("resource", "vision", "config")),
                Arguments.of("cluster", List.of("resource", "vision", "config")));
    }

    @ParameterizedTest(name = "{0} depends on {1} only")
    @MethodSource("modulesAndWhatTheyMayUse")
    void shouldLetModulesDependOnlyOnWhatTheDesignAllows(String module, List<String> allowed) {
        String[] forbidden = MODULES.stream()
                .filter(other -> !other.equals(module) && !allowed.contains(other))
                .map(other -> "io.helmwatch." + other + "..")
                .toArray(String[]::new);

        noClasses()
                .that()
                .resideInAPackage("io.helmwatch." + module + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .because("stages do not know each other; move shared nouns to vision or the wiring to pipeline")
                .allowEmptyShould(true)
                .check(PRODUCT);
    }

    static Stream<Arguments> librariesAndTheirRooms() {
        return Stream.of(
                Arguments.of("com.lmax.disruptor..", "io.helmwatch.pipeline.ring"),
                Arguments.of("org.bytedeco.ffmpeg..", "io.helmwatch..ffmpeg.."),
                // TensorRT's own functions take CUDA's streams.
                Arguments.of("org.bytedeco.cuda..", "io.helmwatch..cuda..,io.helmwatch..tensorrt.."),
                Arguments.of("org.bytedeco.tensorrt..", "io.helmwatch..tensorrt.."),
                Arguments.of("org.bytedeco.opencv..", "io.helmwatch..opencv.."),
                Arguments.of("ai.onnxruntime..", "io.helmwatch..onnx.."),
                Arguments.of("com.google.protobuf..", "io.helmwatch.inference.."),
                Arguments.of("com.sun.jna..", "io.helmwatch.inference.onnx..,io.helmwatch.pipeline.systemd.."),
                Arguments.of("org.apache.kafka..", "io.helmwatch..kafka.."),
                Arguments.of("kafka..", "io.helmwatch..kafka.."),
                Arguments.of("com.hivemq..", "io.helmwatch.sinks.notify.mqtt.."),
                Arguments.of("io.opentelemetry..", "io.helmwatch.sinks.tracing.."),
                Arguments.of("jakarta.mail..", "io.helmwatch.sinks.notify.mail.."),
                Arguments.of("org.eclipse.angus..", "io.helmwatch.sinks.notify.mail.."),
                Arguments.of("software.amazon..", "io.helmwatch.sinks.s3.."),
                Arguments.of("io.micrometer..", "io.helmwatch.pipeline.."),
                Arguments.of("io.javalin..", "io.helmwatch.web.server.."),
                Arguments.of("org.eclipse.jetty..", "io.helmwatch.web.server.."),
                Arguments.of("picocli..", "io.helmwatch.pipeline.cli.."));
    }

    @ParameterizedTest(name = "{0} is used in {1} only")
    @MethodSource("librariesAndTheirRooms")
    void shouldKeepEachLibraryInItsRoom(String library, String rooms) {
        noClasses()
                .that()
                .resideOutsideOfPackages(rooms.split(",", -1))
                .should()
                .dependOnClassesThat(resideInAPackage(library).and(notOurs()))
                .because("each native library and framework is reached through one package, so that it can be replaced"
                        + " there")
                .check(PRODUCT);
    }

    @Test
    void shouldLetNobodyDependOnThePipeline() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.helmwatch.pipeline..")
                .should()
                .dependOnClassesThat(resideInAPackage("io.helmwatch.pipeline.."))
                .because("the wiring sees the stages, the stages do not see the wiring")
                .check(PRODUCT);
    }

    @Test
    void shouldKeepPackagesFreeOfCycles() {
        slices().matching("io.helmwatch.(**)")
                .should()
                .beFreeOfCycles()
                .because("arrows between packages run one way, within a module as between modules")
                .check(PRODUCT);
    }

    static Stream<Arguments> packagesAndWhatTheyMayUseOfTheirModule() {
        return Stream.of(
                Arguments.of("config.secret", ""),
                Arguments.of("config.yaml", "config.secret"),
                Arguments.of("config.schema", "config.secret,config.yaml"),
                Arguments.of("config.rule", "config.schema,config.secret,config.yaml"),
                Arguments.of("config.incident", "config.schema,config.secret,config.yaml"),
                Arguments.of("config.inference", "config.schema,config.secret,config.yaml"),
                Arguments.of("config.http", "config.schema,config.secret,config.yaml"),
                Arguments.of("config.stream", "config.rule,config.schema,config.secret,config.yaml"),
                Arguments.of("config.cluster", "config.schema,config.secret,config.sink,config.yaml"),
                Arguments.of("config.sink", "config.rule,config.schema,config.secret,config.stream,config.yaml"),
                Arguments.of("vision", ""),
                Arguments.of("vision.tensor", "vision"),
                Arguments.of("ingest", ""),
                Arguments.of("ingest.network", ""),
                Arguments.of("ingest.timing", ""),
                Arguments.of("ingest.nal", "ingest"),
                Arguments.of("ingest.ffmpeg.input", "ingest,ingest.nal,ingest.network,ingest.timing"),
                Arguments.of("ingest.ffmpeg.decode", "ingest,ingest.ffmpeg.input,ingest.nal"),
                Arguments.of("ingest.ffmpeg.remux", "ingest,ingest.ffmpeg.input,ingest.nal,ingest.timing"));
    }

    @ParameterizedTest(name = "{0} depends on {1} only")
    @MethodSource("packagesAndWhatTheyMayUseOfTheirModule")
    void shouldLetPackagesDependOnlyOnWhatTheDesignAllowsOfTheirModule(String name, String allowed) {
        String module = "io.helmwatch." + name.split("\\.", 2)[0] + "..";
        String[] permitted = permitted(name, allowed, "io.helmwatch.");

        noClasses()
                .that()
                .resideInAPackage("io.helmwatch." + name)
                .should()
                .dependOnClassesThat(
                        resideInAPackage(module).and(DescribedPredicate.not(resideInAnyPackage(permitted))))
                .because("a package of a subject knows no other subject, and what is decoded knows no stream")
                .check(PRODUCT);
    }

    private static String[] permitted(String name, String allowed, String prefix) {
        return Stream.concat(Stream.of(name), Stream.of(allowed.split(",", -1)))
                .filter(other -> !other.isEmpty())
                .map(other -> prefix + other)
                .toArray(String[]::new);
    }

    static Stream<Arguments> packagesOfThePipelineAndWhatTheyMayUse() {
        return Stream.of(
                Arguments.of("ring.failure", ""),
                Arguments.of("ring.stream", ""),
                Arguments.of("ring", "ring.failure,ring.stream"),
                Arguments.of("cli.option", ""),
                Arguments.of("cli.log", ""),
                Arguments.of("cli.process", "ring.failure"),
                Arguments.of("cli.analysis", "backend,cli.option,cli.process,evaluation,ring,service.incident"),
                Arguments.of(
                        "cli.measurement",
                        "backend,backend.cpu.quantization,backend.cuda,bench,bench.cuda,cli.option,cli.process,evaluation,report"),
                Arguments.of("cli.kafka", "cli.option"),
                Arguments.of("cli.cluster", "cli.option"),
                Arguments.of(
                        "cli.engine",
                        "backend.cuda,backend.cuda.quantization,backend.quantization,bench.cuda,cli.option"),
                Arguments.of("report", ""),
                Arguments.of("systemd", ""),
                Arguments.of("backend", "ring.."),
                Arguments.of("backend.cpu", "backend,ring.."),
                Arguments.of("backend.cuda", "backend,backend.cuda.quantization,ring.."),
                Arguments.of("backend.quantization", ""),
                Arguments.of("backend.cpu.quantization", "backend.quantization,report"),
                Arguments.of("backend.cuda.quantization", "backend.quantization,report"),
                Arguments.of("metrics", "ring.."),
                Arguments.of("live", "ring.."),
                Arguments.of("evaluation", "backend,ring..,report"),
                Arguments.of("bench", "backend,ring..,report"),
                Arguments.of("bench.cuda", "report"),
                Arguments.of("site", ""),
                Arguments.of("desk", "backend,live,ring..,site"),
                Arguments.of("compliance", "desk,ring.."),
                Arguments.of("health", "desk,ring.."),
                Arguments.of("clips", ""),
                Arguments.of("service.incident", "clips,desk,metrics,ring"),
                Arguments.of("service", "backend,compliance,desk,health,metrics,ring..,service.incident"));
    }

    @ParameterizedTest(name = "{0} depends on {1} only")
    @MethodSource("packagesOfThePipelineAndWhatTheyMayUse")
    void shouldLetPackagesOfThePipelineDependOnlyOnWhatTheDesignAllows(String name, String allowed) {
        String[] permitted = permitted(name, allowed, "io.helmwatch.pipeline.");

        noClasses()
                .that()
                .resideInAPackage("io.helmwatch.pipeline." + name)
                .should()
                .dependOnClassesThat(resideInAPackage("io.helmwatch.pipeline..")
                        .and(DescribedPredicate.not(resideInAnyPackage(permitted))))
                .because("cli uses bench, evaluation and service, these use the backends, and all use the ring")
                .check(PRODUCT);
    }

    @Test
    void shouldWriteToStandardOutputOnlyInTheCommandLine() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.helmwatch.pipeline.cli..", "io.helmwatch.sinks")
                .should()
                .accessField(System.class, "out")
                .because(
                        "standard output carries the results of commands, and JSON lines where a sink is configured so")
                .check(PRODUCT);
    }

    @Test
    void shouldEndTheProcessOnlyInMain() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("io.helmwatch.pipeline.cli.Main")
                .should()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "halt", int.class)
                .orShould()
                .callMethod(Runtime.class, "exit", int.class)
                .because("exit codes belong to the command line; others are given a FatalErrorHandler")
                .check(PRODUCT);
    }

    @Test
    void shouldUseNamesOfTheFieldRatherThanFillers() {
        classes()
                .that(DescribedPredicate.describe("are top-level", (JavaClass type) -> type.isTopLevelClass()))
                .should()
                .haveNameNotMatching(".*(Util|Utils|Helper|Manager|Impl|Common|Core|Base)$")
                .because("a name says what the class is for")
                .check(PRODUCT);
    }

    @Test
    void shouldNotLetJavaUtilLoggingOrStandardStreamsIn() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.helmwatch.pipeline..")
                .should()
                .dependOnClassesThat(resideInAnyPackage("java.util.logging.."))
                .because("modules log through SLF4J, the backend is chosen in pipeline")
                .check(PRODUCT);
    }

    @Test
    void shouldSeeTheClassesOfEveryModuleAndNoticeABreach() {
        ArchRule breached = noClasses()
                .that()
                .resideInAPackage("io.helmwatch.ingest..")
                .should()
                .dependOnClassesThat(resideInAPackage("io.helmwatch.vision.."));

        assertThat(MODULES.stream().filter(module -> !module.equals("cuda")))
                .allSatisfy(module -> assertThat(PRODUCT.that(resideInAPackage("io.helmwatch." + module + "..")))
                        .isNotEmpty());
        assertThat(breached.evaluate(PRODUCT).hasViolation()).isTrue();
    }

    private static DescribedPredicate<JavaClass> notOurs() {
        return DescribedPredicate.not(resideInAPackage("io.helmwatch.."));
    }
}
