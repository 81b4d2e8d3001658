# Cambios en marcha: detenciones, palabras corregidas, traslados a otra versión.
change-title = Detenciones y cambios
change-link = Detenciones y cambios
change-halted = detenida
change-back = ← Detenciones y cambios
change-halted-now = Detenido ahora
change-none-halted = No hay nada detenido.
change-every-version = todas las versiones
change-people-stand-still = { $n ->
    [one] 1 persona está detenida en { $version }
   *[other] { $n } personas están detenidas en { $version }
  }
change-resume = Reanudar
change-orders = Lo que se ordenó
change-col-when = Cuándo
change-col-what = Qué
change-col-who = Quién
change-col-far = Avance
change-done = { $n ->
    [one] hecho: 1 persona revisada
   *[other] hecho: { $n } personas revisadas
  }
change-under-way = en curso: { $n } revisadas, { $parts } de { $of } partes
change-order-halt = Se detuvo
change-order-resume = Se reanudó
change-order-words = Palabras corregidas
change-order-publish = Puesta en vigor
change-order-move = Traslado
change-order-pause = Mensajes en pausa
change-order-approve = Se aprobaron muchos de
change-order-shadow = Empezó en sombra
change-order-unshadow = Terminó en sombra
change-order-fell = Lo que la puso en vigor terminó:
change-refused = Todavía no puede pasar a nadie:
change-refused-see = Ver lo que se encuentra en ella
change-standing = Una ruta permanente responde a lo que las personas escriben: no se puede detener.
change-may-not = Las personas con el rol de responsable o de diseño pueden detener y cambiar versiones.
change-version-people = { $version }, { $n ->
    [one] 1 persona
   *[other] { $n } personas
  }
change-halt = Detener
change-halt-what = Desde este momento nadie la inicia, nada de ella avanza y nada de ella sale. Las solicitudes abiertas permanecen y se escalan, y se responde a lo que las personas escriben. Al reanudarse, sigue desde donde estaba.
change-which = Qué
change-why = Por qué
change-why-needed = Diga por qué se detiene.
change-halt-now = Detener ahora
change-move = Trasladar recorridos a otra versión
change-move-what = La página siguiente muestra quién pasaría adónde. Nada se traslada antes de que usted lo confirme allí.
change-one-version = Aquí solo se conoce una versión.
change-from = De
change-to = A
change-preview = Mostrar quién pasaría adónde
change-move-from-to = De { $from } a { $to }
change-see-difference = Ver las diferencias
change-words = Palabras corregidas
change-words-only = Solo cambian las palabras: los pasos, las condiciones y los formularios son los mismos. Los recorridos pueden tomar ya las palabras corregidas, y lo que espera para salir se redacta de nuevo.
change-words-take = { $n ->
    [one] Tomar las palabras corregidas (1 persona)
   *[other] Tomar las palabras corregidas ({ $n } personas)
  }
change-words-more = Cambia algo más que las palabras:
change-differs-name = nombre
change-differs-fallback = equipo de respaldo
change-differs-speaks = idiomas
change-differs-standing = permanencia
change-differs-enrol = inicio
change-differs-leave = finales
change-differs-tracks = vías
change-differs-steps = pasos
change-differs-forms = formularios
change-differs-checklists = listas de tareas
change-differs-goals = metas
change-differs-questions = preguntas
change-differs-words = qué mensajes hay
change-who-where = Quién pasaría adónde
change-who-where-what = Una persona puede estar en varios pasos a la vez. Quien no pueda pasar con todos ellos se queda en la versión anterior.
change-nobody = Nadie está en la versión anterior.
change-people = Personas
change-goes-to = Pasa a
change-where-to = Adónde pasa { $step }
change-same-step = el paso del mismo nombre
change-stays = se queda en la versión anterior
change-unmapped-gone = no hay ningún paso con este nombre
change-unmapped-stays = se eligió que se quede
change-unmapped-other-verb = allí el paso hace otra cosa
change-unmapped-other-place = allí el paso está dentro de otros ciclos
change-tried = Probado, sin trasladar a nadie
change-tried-on = { $n ->
    [one] 1 persona revisada: { $go } pasarían, { $stay } se quedarían.
   *[other] { $n } personas revisadas: { $go } pasarían, { $stay } se quedarían.
  }
change-so-many = { $n ->
    [one] 1 persona
   *[other] { $n } personas
  }
change-who-stays = Quién se quedaría:
change-look-again = Volver a mirar
change-go = { $n ->
    [one] Trasladar a 1 persona
   *[other] Trasladar a { $n } personas
  }
change-refused-reason = Hace falta un motivo, de { $n } caracteres como máximo.
change-refused-no-pathway = No existe tal ruta.
change-refused-no-version = No existe tal versión de esta ruta.
change-refused-no-versions = No son dos versiones de esta ruta que se conozcan aquí.
change-refused-standing = Una ruta permanente responde a lo que las personas escriben: no se puede detener.
change-refused-halted-already = Ya está detenida.
change-refused-not-halted = No está detenida, o ya no.
change-refused-more-than-words = Difieren en más que palabras: { $what }.
change-refused-step = { $step }: { $why }.
change-refused-moving = Ya se están moviendo personas de esta versión: espere a que termine.
change-refused-in-force = Esta versión ya está vigente.
change-refused-not-in-shadow = No está en sombra, o ya no.
change-refused-other-in-shadow = Otra versión de esta ruta está en sombra: termine primero esa.
change-refused-shadows = { $n } rutas están en sombra, y no caben más a la vez.
change-refused-no-service = Llama al servicio { $name }, para el que este sistema no tiene configuración.
change-refused-hub-alone = Solo el propio sistema da esta orden.
change-refused-unreadable = No se puede leer como versión de una ruta.
change-refused-versions = Se guardan { $n } versiones, y no caben más.
change-refused-unordered = Se guardan { $n } versiones que nunca se pusieron en vigor, y no caben más: publique esta.
change-differs-services = servicios
