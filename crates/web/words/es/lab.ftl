# El laboratorio de una ruta: hallazgos, pruebas, una persona inventada, la diferencia.
lab-title = Laboratorio
lab-what = Lo que la línea de comandos dice de esta versión, con el mismo código y las mismas palabras. Aquí no se lee ni se cambia nada de una persona real.
lab-findings = Lo que encuentra check
lab-findings-text = Los hallazgos, como los muestra la línea de comandos
lab-findings-what = Se revisó con los equipos, los horarios y las reglas de este sistema.
lab-not-in-force = Ninguna versión de esta ruta está vigente: aquí no hay nada que revisar.
lab-errors = { $n ->
    [one] 1 error,
   *[other] { $n } errores,
  }
lab-warnings = { $n ->
    [one] 1 advertencia.
   *[other] { $n } advertencias.
  }
lab-as = como { $format }
lab-code-what = Por qué se avisa, con un ejemplo malo y uno bueno. Estas páginas están en inglés, como las muestra la línea de comandos.
lab-tests = Lo que dicen sus pruebas
lab-tests-held-back = Este sistema envía textos que nadie revisó. Las pruebas se ejecutan como se escribieron, con los ajustes de un sistema que retiene esos textos; la persona simulada más abajo los recibe.
lab-no-tests = Esta ruta no tiene pruebas (un archivo .test.yaml a su lado).
lab-passed = { $n ->
    [one] 1 caso pasó,
   *[other] { $n } casos pasaron,
  }
lab-failed = { $n } no.
lab-left = { $n ->
    [one] No hubo tiempo para 1 más: use throughline test.
   *[other] No hubo tiempo para { $n } más: use throughline test.
  }
lab-coverage = Se recorre el { $percent } % de los pasos y caminos ({ $passed } de { $all }).
lab-never-passed = Lo que ningún caso recorre
lab-person = Una persona inventada
lab-person-what = Recorre la ruta con una persona que no existe y muestra cada palabra tal como se enviaría. No se envía ni se guarda nada.
lab-scenario = Comienza con
lab-story = En casa después de una operación, con un medicamento y una cita
lab-as-the-scenario = como dice el comienzo
lab-language = Idioma
lab-calls = Llamadas
lab-calls-missed = nadie contesta
lab-calls-answered = se contestan
lab-keys = Teclas que se pulsan en una llamada
lab-texts = Mensajes de texto
lab-texts-arrive = llegan
lab-texts-fail = fallan (un teléfono fijo)
lab-reply = La persona escribe
lab-day = El día
lab-day-what = A las 10:00; si se deja vacío, cinco minutos después del primer mensaje.
lab-days = Días que se recorren
lab-play = Recorrer
lab-no-scenario = Ese caso ya no existe. Elija otro.
lab-zone = Todas las horas son las de la persona ({ $zone }).
lab-until = Se recorrió hasta
lab-problem = Esto no pudo ocurrir como dice el caso:
lab-nothing-came = No llegó nada: no comenzó ningún recorrido, o no dijo nada en estos días.
lab-services = Lo que se pregunta a servicios externos
lab-on-the-page = La página pregunta:
lab-prompts = Lo que se pide al equipo
lab-to = A
lab-due = vence
lab-wrote = la persona escribe
lab-urgent = urgente
lab-ended = El recorrido terminó
lab-more = y { $n } más
lab-why = Por qué, y por qué no
lab-why-nothing = Todo salió como estaba previsto.
lab-status-queued = espera su envío
lab-status-dispatching = se está enviando
lab-status-accepted = enviado
lab-status-delivered = llegó
lab-status-failed = falló
lab-status-unknown = no se sabe si salió
lab-status-withdrawn = retirado
lab-status-asked = preguntado, sin respuesta todavía
lab-status-answered = respondió
lab-status-missed = sin respuesta a tiempo
lab-status-open = abierto
lab-status-taken = tomado
lab-status-done = hecho
lab-difference = La diferencia con la versión anterior
lab-difference-lines = Línea por línea
lab-difference-text = La diferencia, como la muestra la línea de comandos
