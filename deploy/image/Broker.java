import io.helmwatch.sinks.kafka.EmbeddedKafka;
import java.nio.file.Path;
import java.util.Map;

/** A broker for check-containers.sh, where no registry of images is within reach: Broker DATA_FOLDER PORT */
class Broker {
    public static void main(String[] args) throws InterruptedException {
        EmbeddedKafka broker = EmbeddedKafka.start(Path.of(args[0]), Integer.parseInt(args[1]), Map.of());
        Runtime.getRuntime().addShutdownHook(new Thread(broker::close));
        System.out.println("broker on " + broker.bootstrapServers());
        Thread.currentThread().join();
    }
}
